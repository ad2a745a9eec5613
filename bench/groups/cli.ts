import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { barChart } from '../bar-chart.ts';
import { count, rate, ratio, roundsText, withRange } from '../format.ts';
import { atLeast } from '../goals.ts';
import type { Goal, Group, Table } from '../group.ts';
import { measureCommands, type LineCommand, type MeasuredCommand } from '../measure-commands.ts';
import { ratiosPerRound, summarise } from '../summary.ts';

const LINES = { full: 1_000_000, quick: 20_000 };
/** A run on record takes several times as long. */
const RECORDED_LINES = { full: 200_000, quick: 10_000 };
const RECORDED_ROUNDS = { full: 3, quick: 1 };
/** Of GNU parallel: few starts of the script, or work for all jobs until near the end. */
const BLOCKS = ['10M', '40M'];
const PICTURE = 'Lines of NDJSON per second, from file to file';
const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = fileOf('../../dist/src/cli/bin.js');
const TRANSFORM = fileOf('../workers/noop-transform.mjs');
const SCRIPT = fileOf('../processes/transform-lines.mjs');
const THREADS = fileOf('../processes/thread-lines.mjs');

const NAMES: Readonly<Record<string, string>> = {
  ours: 'pooled-executor run',
  script: 'Node script, one thread',
  threads: 'worker threads, hand-made chunks',
  plain: 'without a record (--no-audit)',
  recorded: 'on record (--audit)',
};

export const cli: Group = {
  name: 'cli',
  title: 'CLI: NDJSON through a command',
  about:
    'Lines per second from file to file with a transform that does nothing, each command from its start to its end: ' +
    '`pooled-executor run` without a trail; a Node script of one thread that parses, transforms and prints whole chunks of lines; ' +
    'GNU parallel (`--pipe -k`), which starts that script for each block, with blocks of 10 and of 40 MB, of which the faster counts; and what worker ' +
    'threads can do with lines, chunks of 256 kB by hand in shared memory, in which no row can fail or be told from the others. Script and transform are plain ' +
    'JavaScript, as types would have to be stripped at each start. CPU time is that of the command and of all that it started, user and system, as the shell says it. ' +
    'The outputs are compared with the input, byte for byte. Then the same command with its record of every row and attempt.',
  obstacles:
    'Parsing and printing a line is all there is to do here, and all that the script does; GNU parallel runs two of them. What makes a run ' +
    'safe comes on top; chunks by hand on worker threads, which know nothing of rows, cost little more than the script (the column of CPU time), ' +
    'and are the ceiling for chunks of that size. Of that time the two workers take two thirds, the main thread, which reads, finds lines, sends, orders and writes bytes, a fifth, ' +
    'V8 (collections, compiler) on threads of its own a seventh. In a profile of a worker (`node --cpu-prof`) half is parsing and printing; ' +
    'the rest is spread thin, 2 to 8% each: the loop over the rows, collections, the copy of each result that outlives the thread, the clock, the state of the lane. ' +
    'Lines in the beginning cost three times as much as later ones, and a run of a million takes a tenth of its time to start. ' +
    'Tried and kept: lines and results as bytes in shared memory from file to file, made into rows and entries only when somebody asks; a mark of its own ' +
    'only for a row that starts something; slices of 2,048 rows; reads of 512 kB into that memory. ' +
    'Tried without gain: larger windows and slices, memory for lines that is used again, the young generation from 12 to 96 MB, flags of V8 (`--no-maglev`, ' +
    '`--single-threaded-gc`, `--always-sparkplug`, `--no-lazy-feedback-allocation`, fewer threads), reading on the main thread, parsing a slice at once (0.1 µs per line, which the check ' +
    'that each line is valid by itself takes back). Without what must be for a row to be told from the others (its mark, its place and time for whoever watches, the looks at globals) ' +
    'it would take 8% less CPU time; with `node --initial-old-space-size=256`, which a program can not set for itself, 6% less, as V8 then ' +
    'collects the whole heap of the main thread twice and not 15 times (copies of results outside of the heap make it); a parser and a printer of our own, for flat objects, straight from and to bytes, were 25 and 20% quicker than those of JSON alone: together a tenth ' +
    'of the run, and a second JSON to trust. No row of that reaches the goals.',
  rounds: { full: 5, quick: 1 },
  run: async ({ settings, say }) => {
    const lines = settings.quick ? LINES.quick : LINES.full;
    const jobs = String(settings.threads);
    const parallelVersion = await versionOfParallel();
    const run = ['run', TRANSFORM, '-', '--pool-size', jobs, '--progress', 'none'];
    const ours = node(BIN, ...run, '--no-audit');
    const commands = {
      ours,
      script: node(SCRIPT),
      threads: node(THREADS, jobs),
      ...(parallelVersion !== undefined && parallelCommands(jobs)),
    };
    say(`${count(lines)} lines; ${parallelVersion ?? 'GNU parallel is not installed'}`);
    const measured = await measureCommands(commands, lines, settings.rounds);

    const recordedRounds = settings.quick ? RECORDED_ROUNDS.quick : RECORDED_ROUNDS.full;
    const recordedLines = settings.quick ? RECORDED_LINES.quick : RECORDED_LINES.full;
    say(`${count(recordedLines)} lines, with and without a record`);
    const recorded: LineCommand = (record) => node(BIN, ...run, '--audit', record)(record);
    const onRecord = await measureCommands({ plain: ours, recorded }, recordedLines, recordedRounds);
    const bars = measured.map(({ name, linesPerSecond }) => ({
      name: titleOf(name),
      value: summarise(linesPerSecond),
    }));
    return {
      repeated: `${roundsText(settings.rounds)}, and ${roundsText(recordedRounds)} of those with a record`,
      goals: goalsOf(measured),
      tables: [
        tableOf(`${count(lines)} lines of NDJSON`, measured),
        tableOf(`${count(recordedLines)} lines of NDJSON, pooled-executor run`, onRecord),
      ],
      pictures: [{ name: 'cli', caption: PICTURE, svg: barChart(PICTURE, bars, rate) }],
      figures: {
        lines,
        recordedLines,
        onRecord: figuresOf(onRecord),
        parallelVersion: parallelVersion ?? 'not installed',
        contenders: figuresOf(measured),
      },
    };
  },
};

function node(...args: readonly string[]): LineCommand {
  return () => ({ file: process.execPath, args });
}

function parallelCommands(jobs: string): Readonly<Record<string, LineCommand>> {
  const commands = BLOCKS.map((block) => {
    const args = ['--pipe', '-k', '--block', block, '-j', jobs, process.execPath, SCRIPT];
    return [parallelWith(block), () => ({ file: 'parallel', args })] as const;
  });
  return Object.fromEntries(commands);
}

function parallelWith(block: string): string {
  return `GNU parallel --pipe -k --block ${block}`;
}

/** The first line that it says; undefined when it is not installed, or another program has its name. */
async function versionOfParallel(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('parallel', ['--version']);
    return /^GNU parallel .*/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}

function titleOf(name: string): string {
  return NAMES[name] ?? name;
}

/** Lines per second of the first command divided by those of this one, round by round. */
function against({ linesPerSecond }: MeasuredCommand, measured: readonly MeasuredCommand[]): number[] {
  return ratiosPerRound(measured[0]?.linesPerSecond ?? [], linesPerSecond);
}

function goalsOf(measured: readonly MeasuredCommand[]): Goal[] {
  const find = (names: readonly string[]) => {
    const found = measured.filter(({ name }) => names.includes(name));
    return found.toSorted((a, b) => medianRate(b) - medianRate(a))[0];
  };
  const goalAgainst = (figure: string, least: number, other: MeasuredCommand | undefined): Goal =>
    other === undefined
      ? { figure, goal: `≥ ${least}`, measured: 'not installed', reached: false }
      : atLeast(figure, least, summarise(against(other, measured)));
  const parallel = find(BLOCKS.map(parallelWith));
  return [
    atLeast('lines/s', 400_000, summarise(find(['ours'])?.linesPerSecond ?? []), rate),
    goalAgainst(`lines/s against ${parallel?.name ?? 'GNU parallel --pipe -k'}`, 1.5, parallel),
    goalAgainst('lines/s against a single-threaded Node script', 1.3, find(['script'])),
  ];
}

function medianRate({ linesPerSecond }: MeasuredCommand): number {
  return summarise(linesPerSecond).median;
}

function tableOf(caption: string, measured: readonly MeasuredCommand[]): Table {
  const knowsCpu = measured.every(({ cpuPerMillionLines }) => cpuPerMillionLines !== undefined);
  return {
    caption,
    columns: [
      '',
      'lines/s',
      `${titleOf(measured[0]?.name ?? '')} / this`,
      ...(knowsCpu ? ['CPU s per 1,000,000 lines'] : []),
    ],
    lines: measured.map((command) => [
      titleOf(command.name),
      withRange(summarise(command.linesPerSecond), rate),
      withRange(summarise(against(command, measured)), ratio),
      ...(knowsCpu ? [withRange(summarise(command.cpuPerMillionLines ?? []), ratio)] : []),
    ]),
  };
}

function figuresOf(measured: readonly MeasuredCommand[]): readonly object[] {
  return measured.map((command) => ({
    name: command.name,
    linesPerSecond: summarise(command.linesPerSecond),
    againstThis: summarise(against(command, measured)),
    ...(command.cpuPerMillionLines && {
      cpuSecondsPerMillionLines: summarise(command.cpuPerMillionLines),
    }),
  }));
}
