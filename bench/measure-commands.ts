import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runCommand, type Command, type CommandCost } from './command.ts';
import { makeRow } from './rows.ts';
import { takeTurns } from './turns.ts';

/** A command that hands lines of NDJSON on, when it knows the path at which it may leave a record. */
export type LineCommand = (record: string) => Command;

export interface MeasuredCommand {
  readonly name: string;
  /** In each round. */
  readonly linesPerSecond: readonly number[];
  /** CPU seconds, user and system, in each round; undefined where they are not known. */
  readonly cpuPerMillionLines: readonly number[] | undefined;
}

interface Files {
  readonly input: string;
  readonly output: string;
  readonly record: string;
  readonly inputDigest: string;
}

/** Runs commands in turn over the same file of so many lines, each from its start to its end, and checks what comes out. */
export async function measureCommands(
  commands: Readonly<Record<string, LineCommand>>,
  lines: number,
  rounds: number,
): Promise<MeasuredCommand[]> {
  const costs = await inFolder(lines, (files) => {
    const runs = Object.entries(commands).map(
      ([name, command]) => [name, () => runChecked(command(files.record), files)] as const,
    );
    return takeTurns<string, CommandCost>(Object.fromEntries(runs), rounds);
  });
  return Object.entries(costs).map(([name, runs]) => {
    const cpuMs = runs.flatMap((run) => run.cpuMs ?? []);
    return {
      name,
      linesPerSecond: runs.map(({ elapsedMs }) => (lines / elapsedMs) * 1_000),
      cpuPerMillionLines: cpuMs.length === runs.length ? cpuMs.map((ms) => (ms * 1_000) / lines) : undefined,
    };
  });
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

async function runChecked(
  command: Command,
  { input, output, record, inputDigest }: Files,
): Promise<CommandCost> {
  await rm(record, { force: true });
  const cost = await runCommand(command, input, output);
  if ((await digestOf(output)) === inputDigest) return cost;
  throw new Error(`Cannot measure ${command.file} as its output is wrong, incomplete or out of order`);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
