import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { barChart } from '../bar-chart.ts';
import { count, rate, ratio, withRange } from '../format.ts';
import { atLeast } from '../goals.ts';
import type { Group } from '../group.ts';
import { makeRow } from '../rows.ts';
import { ratiosPerRound, summarise } from '../summary.ts';
import { takeTurns } from '../turns.ts';

const LINES = { full: 1_000_000, quick: 20_000 };
/** A run on record takes several times as long. */
const RECORDED_LINES = { full: 200_000, quick: 10_000 };
const RECORDED_ROUNDS = { full: 3, quick: 1 };
const PICTURE = 'Lines of NDJSON per second, from file to file';
const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = fileOf('../../dist/src/cli/bin.js');
const TRANSFORM = fileOf('../workers/transform.ts');
const SCRIPT = fileOf('../processes/transform-lines.ts');
const THREADS = fileOf('../processes/thread-lines.ts');

/** A command that reads NDJSON from stdin and writes it to stdout. */
interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

interface Files {
  readonly input: string;
  readonly output: string;
  readonly record: string;
  readonly inputDigest: string;
}

export const cli: Group = {
  name: 'cli',
  title: 'CLI: NDJSON through a command',
  about:
    'Lines per second from file to file with a transform that does nothing, each command from its start to its end: ' +
    '`pooled-executor run` without a trail; a Node script of one thread that parses, transforms and prints whole chunks of lines; ' +
    'GNU parallel (`--pipe -k --block 10M`), which starts that script for each block; and the ceiling for anything built on ' +
    'worker threads, chunks of lines by hand in shared memory, in which no row can fail or be told from the others. The outputs are compared with the input, byte for byte. Then the same command with its record of every row and attempt.',
  obstacles:
    'Parsing and printing a line is all there is to do here, and all that the script does; GNU parallel runs two of them. What makes a run ' +
    'safe comes on top, 2.2 times the CPU time of the script in all; chunks by hand on worker threads, which know nothing of rows, take 1.25 times, ' +
    'and are the ceiling. Of that time the two workers take two thirds, the main thread, which reads, finds lines, sends, orders and writes bytes, a fifth, ' +
    'V8 (collections, compiler) on threads of its own a seventh. In a profile of a worker (`node --cpu-prof`) half is parsing and printing; ' +
    'the rest is spread thin, 2 to 8% each: the loop over the rows, collections, the copy of each result that outlives the thread, the clock, the state of the lane. ' +
    'Lines in the beginning cost three times as much as later ones, and a run of a million takes a tenth of its time to start. ' +
    'Tried and kept: lines and results as bytes in shared memory from file to file, made into rows and entries only when somebody asks; a mark of its own ' +
    'only for a row that starts something; slices of 2,048 rows; reads of 512 kB into that memory. ' +
    'Tried without gain: larger windows and slices, memory for lines that is used again, the young generation from 12 to 96 MB, flags of V8 (`--no-maglev`, ' +
    '`--single-threaded-gc`, fewer threads), parsing a slice at once (0.1 µs per line, which the check that each line is valid by itself takes back).',
  rounds: { full: 5, quick: 1 },
  run: async ({ settings, say }) => {
    const lines = settings.quick ? LINES.quick : LINES.full;
    const jobs = String(settings.threads);
    const parallelVersion = await versionOfParallel();
    const script = { file: process.execPath, args: [SCRIPT] };
    const run = [BIN, 'run', TRANSFORM, '-', '--pool-size', jobs, '--progress', 'none'];
    const ours = { file: process.execPath, args: [...run, '--no-audit'] };
    const commands: Readonly<Record<string, Command>> = {
      ours,
      script,
      threads: { file: process.execPath, args: [THREADS, jobs] },
      ...(parallelVersion !== undefined && {
        parallel: {
          file: 'parallel',
          args: ['--pipe', '-k', '--block', '10M', '-j', jobs, script.file, ...script.args],
        },
      }),
    };
    say(`${count(lines)} lines; ${parallelVersion ?? 'GNU parallel is not installed'}`);
    const measured = await inFolder(lines, async (files) => {
      const runs = Object.entries(commands).map(
        ([name, command]) => [name, () => runCommand(command, files)] as const,
      );
      return takeTurns<string, number>(Object.fromEntries(runs), settings.rounds);
    });
    const recordedRounds = settings.quick ? RECORDED_ROUNDS.quick : RECORDED_ROUNDS.full;
    const recordedLines = settings.quick ? RECORDED_LINES.quick : RECORDED_LINES.full;
    say(`${count(recordedLines)} lines, with and without a record`);
    const onRecord = await inFolder(recordedLines, async (files) => {
      const recorded = { file: process.execPath, args: [...run, '--audit', files.record] };
      const runs = { plain: () => runCommand(ours, files), recorded: () => runCommand(recorded, files) };
      return takeTurns(runs, recordedRounds);
    });
    const recordedRates = Object.entries(onRecord).map(([name, elapsedMs]) => ({
      name,
      linesPerSecond: summarise(elapsedMs.map((ms) => (recordedLines / ms) * 1000)),
    }));
    const rates = Object.entries(measured).map(([name, elapsedMs]) => ({
      name,
      linesPerSecond: elapsedMs.map((ms) => (lines / ms) * 1000),
    }));
    const rateOf = (name: string) => rates.find((candidate) => candidate.name === name)?.linesPerSecond;
    const ourRate = rateOf('ours') ?? [];
    const goalAgainst = (name: string, figure: string, least: number) => {
      const other = rateOf(name);
      return other === undefined
        ? { figure, goal: `≥ ${least}`, measured: 'not installed', reached: false }
        : atLeast(figure, least, summarise(ratiosPerRound(ourRate, other)));
    };
    return {
      repeated: `${settings.rounds} rounds, and ${recordedRounds} of those with a record`,
      goals: [
        atLeast('lines/s', 400_000, summarise(ourRate), rate),
        goalAgainst('parallel', 'lines/s against GNU parallel --pipe -k', 1.5),
        goalAgainst('script', 'lines/s against a single-threaded Node script', 1.3),
      ],
      tables: [
        {
          caption: `${count(lines)} lines of NDJSON`,
          columns: ['', 'lines/s', 'pooled-executor / this'],
          lines: rates.map(({ name, linesPerSecond }) => [
            NAMES[name] ?? name,
            withRange(summarise(linesPerSecond), rate),
            withRange(summarise(ratiosPerRound(ourRate, linesPerSecond)), ratio),
          ]),
        },
        {
          caption: `${count(recordedLines)} lines of NDJSON, pooled-executor run`,
          columns: ['', 'lines/s'],
          lines: recordedRates.map(({ name, linesPerSecond }) => [
            NAMES[name] ?? name,
            withRange(linesPerSecond, rate),
          ]),
        },
      ],
      pictures: [
        {
          name: 'cli',
          caption: PICTURE,
          svg: barChart(
            PICTURE,
            rates.map(({ name, linesPerSecond }) => ({
              name: NAMES[name] ?? name,
              value: summarise(linesPerSecond),
            })),
            rate,
          ),
        },
      ],
      figures: {
        lines,
        recordedLines,
        onRecord: recordedRates,
        parallelVersion: parallelVersion ?? 'not installed',
        contenders: rates.map(({ name, linesPerSecond }) => ({
          name,
          linesPerSecond: summarise(linesPerSecond),
          againstThis: summarise(ratiosPerRound(ourRate, linesPerSecond)),
        })),
      },
    };
  },
};

const NAMES: Readonly<Record<string, string>> = {
  ours: 'pooled-executor run',
  script: 'Node script, one thread',
  threads: 'worker threads, hand-made chunks',
  parallel: 'GNU parallel --pipe -k',
  plain: 'without a record (--no-audit)',
  recorded: 'on record (--audit)',
};

/** The first line that it says; undefined when it is not installed, or another program has its name. */
async function versionOfParallel(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('parallel', ['--version']);
    return /^GNU parallel .*/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}

/** Hands a folder with an input of so many lines to `use`, and removes it whatever happens. */
async function inFolder<Result>(lines: number, use: (files: Files) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'pooled-executor-bench-'));
  try {
    const input = join(folder, 'input.ndjson');
    await writeLines(input, lines);
    const files = { input, output: join(folder, 'output.ndjson'), record: join(folder, 'run.audit.db') };
    return await use({ ...files, inputDigest: await digestOf(input) });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeLines(path: string, lines: number): Promise<void> {
  await using file = await open(path, 'w');
  await pipeline(function* () {
    for (let id = 0; id < lines; id++) yield `${JSON.stringify(makeRow(id, 0))}\n`;
  }, file.createWriteStream());
}

/** Gives the time from its start to its end, in ms. */
async function runCommand(
  { file, args }: Command,
  { input, output, record, inputDigest }: Files,
): Promise<number> {
  await rm(record, { force: true });
  const elapsedMs = await timeCommand({ file, args }, input, output);
  if ((await digestOf(output)) === inputDigest) return elapsedMs;
  throw new Error(`Cannot measure ${file} as its output is wrong, incomplete or out of order`);
}

async function timeCommand({ file, args }: Command, input: string, output: string): Promise<number> {
  await using from = await open(input);
  await using to = await open(output, 'w');
  const startedAt = performance.now();
  const child = spawn(file, args, { stdio: [from.fd, to.fd, 'pipe'] });
  const said = text(child.stderr as Readable);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0)
    throw new Error(`Cannot measure ${file} as it ended with exit code ${String(code)}: ${await said}`);
  return performance.now() - startedAt;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
