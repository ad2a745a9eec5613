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
const ROUNDS = { full: 5, quick: 1 };
const PICTURE = 'Lines of NDJSON per second, from file to file';
const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = fileOf('../../dist/src/cli/bin.js');
const TRANSFORM = fileOf('../workers/transform.ts');
const SCRIPT = fileOf('../processes/transform-lines.ts');

/** A command that reads NDJSON from stdin and writes it to stdout. */
interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

interface Files {
  readonly input: string;
  readonly output: string;
  readonly inputDigest: string;
}

export const cli: Group = {
  name: 'cli',
  title: 'CLI: NDJSON through a command',
  about:
    'Lines per second from file to file with a transform that does nothing, each command from its start to its end: ' +
    '`pooled-executor run` without a trail; a Node script of one thread that parses, transforms and prints whole chunks of lines; ' +
    'and GNU parallel (`--pipe -k --block 10M`), which starts that script for each block. The outputs are compared with the input, byte for byte.',
  obstacles:
    'Parsing and printing a line takes 0.7 µs, and nothing else has to be done here; all that makes a run safe comes on top. In a ' +
    'profile of a million lines (`node --cpu-prof`; all threads) a tenth is the start of three threads, a seventh the compiler, a ' +
    'fifth parsing and printing, a tenth garbage collection; the rest is reading, splitting, sending, order, entries, what a worker notes of ' +
    'each row, and writing. A line in the middle of a long run costs 2.5 to 3 µs of CPU time, the first ones three times that. The ' +
    'script does no more than parse and print, and GNU parallel runs two of them. Tried: ' +
    'reads of 1 MB, larger windows, the young generation at 16 MB (3%), parsing a slice at once (0.1 µs per line, which the check ' +
    'that each line is valid by itself takes back), a bundle (0.06 s): none kept.',
  run: async ({ settings, say }) => {
    const lines = settings.quick ? LINES.quick : LINES.full;
    const jobs = String(settings.threads);
    const parallelVersion = await versionOfParallel();
    const script = { file: process.execPath, args: [SCRIPT] };
    const commands: Readonly<Record<string, Command>> = {
      ours: {
        file: process.execPath,
        args: [BIN, 'run', TRANSFORM, '-', '--pool-size', jobs, '--no-audit', '--progress', 'none'],
      },
      script,
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
      return takeTurns<string, number>(Object.fromEntries(runs), settings.quick ? ROUNDS.quick : ROUNDS.full);
    });
    const rates = Object.entries(measured).map(([name, elapsedMs]) => ({
      name,
      linesPerSecond: elapsedMs.map((ms) => (lines / ms) * 1000),
    }));
    const rateOf = (name: string) => rates.find((candidate) => candidate.name === name)?.linesPerSecond;
    const ours = rateOf('ours') ?? [];
    const goalAgainst = (name: string, figure: string, least: number) => {
      const other = rateOf(name);
      return other === undefined
        ? { figure, goal: `≥ ${least}`, measured: 'not installed', reached: false }
        : atLeast(figure, least, summarise(ratiosPerRound(ours, other)));
    };
    return {
      goals: [
        atLeast('lines/s', 400_000, summarise(ours), rate),
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
            withRange(summarise(ratiosPerRound(ours, linesPerSecond)), ratio),
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
        parallelVersion: parallelVersion ?? 'not installed',
        contenders: rates.map(({ name, linesPerSecond }) => ({
          name,
          linesPerSecond: summarise(linesPerSecond),
          againstThis: summarise(ratiosPerRound(ours, linesPerSecond)),
        })),
      },
    };
  },
};

const NAMES: Readonly<Record<string, string>> = {
  ours: 'pooled-executor run',
  script: 'Node script, one thread',
  parallel: 'GNU parallel --pipe -k',
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
    return await use({ input, output: join(folder, 'output.ndjson'), inputDigest: await digestOf(input) });
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
async function runCommand({ file, args }: Command, { input, output, inputDigest }: Files): Promise<number> {
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
