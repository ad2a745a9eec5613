import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { cpuMsOfChildren } from './shell-times.ts';

/** A command that reads from stdin and writes to stdout. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** What one run of a command took. */
export interface CommandCost {
  /** From its start to its end. */
  readonly elapsedMs: number;
  /** User and system time of the command and of what it started and waited for; undefined where no shell says it. */
  readonly cpuMs: number | undefined;
}

/** Runs a command and then says, on file descriptor 3, how much CPU time it took. */
const SCRIPT = '"$@" 3>&-; code=$?; times >&3; exit $code';

/**
 * Runs a command from file to file. A POSIX shell stands between, as Node does not know the CPU time of processes that have
 * ended; on Windows there is none.
 *
 * @throws when it ends with another exit code than 0
 */
export async function runCommand(
  { file, args }: Command,
  input: string,
  output: string,
): Promise<CommandCost> {
  await using from = await open(input);
  await using to = await open(output, 'w');
  const startedAt = performance.now();
  const stdio = [from.fd, to.fd, 'pipe', 'pipe'] as const;
  const child =
    process.platform === 'win32'
      ? spawn(file, args, { stdio: [...stdio] })
      : spawn('sh', ['-c', SCRIPT, 'sh', file, ...args], { stdio: [...stdio] });
  const said = text(child.stderr as Readable);
  const times = text(child.stdio[3] as Readable);
  const [code] = (await once(child, 'exit')) as [number | null];
  const elapsedMs = performance.now() - startedAt;
  if (code === 0) return { elapsedMs, cpuMs: cpuMsOfChildren(await times) };
  throw new Error(`Cannot measure ${file} as it ended with exit code ${String(code)}: ${await said}`);
}
