import { execFileSync, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { test as base } from 'vitest';
import { callMain } from './call-main.ts';

/** The build, or for `npm run coverage` the source. */
const BIN = fileURLToPath(
  new URL(
    process.env['NODE_V8_COVERAGE'] === undefined ? '../../dist/src/cli/bin.js' : '../../src/cli/bin.ts',
    import.meta.url,
  ),
);

/** How a run of the command line ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Path of a test transform. */
export function transform(name: string): string {
  return fileURLToPath(new URL(`../workers/${name}`, import.meta.url));
}

/** A run of the command line as a process of its own. */
export class CliProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<CliResult>;
  #stdout = '';
  #stderr = '';
  #waiting: { readonly text: string; readonly resolve: () => void }[] = [];

  constructor(args: readonly string[], cwd: string) {
    this.child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: 'pipe' });
    this.child.stdin.on('error', () => undefined); // it may end before it has read everything
    this.child.stdout.on('data', (data: Buffer) => {
      this.#stdout += data.toString('latin1');
    });
    this.child.stderr.on('data', (data: Buffer) => {
      this.#stderr += data.toString('latin1');
      this.#notify();
    });
    this.ended = this.#end();
  }

  /** Resolves when `text` has appeared on stderr; rejects when the process ends without it. */
  async said(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiting.push({ text, resolve: () => resolve(undefined) });
    this.#notify();
    const result = await Promise.race([promise, this.ended]);
    if (result !== undefined)
      throw new Error(`Process ended without saying '${text}': ${JSON.stringify(result)}`);
  }

  #notify(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ text }) => !this.#stderr.includes(text));
    for (const wait of waiting) if (!this.#waiting.includes(wait)) wait.resolve();
  }

  async #end(): Promise<CliResult> {
    const [code, signal] = (await once(this.child, 'close')) as [number | null, NodeJS.Signals | null];
    const decode = (text: string) => Buffer.from(text, 'latin1').toString();
    // Node itself has crashed: say how, instead of "expected null to be 0" in the test
    if (signal === 'SIGABRT' || signal === 'SIGSEGV') throw new Error(`${signal}: ${decode(this.#stderr)}`);
    return { code, stdout: decode(this.#stdout), stderr: decode(this.#stderr) };
  }
}

/** A folder of its own for each test, and the command line in it. */
export interface CliFolder {
  readonly path: string;
  /** Writes a file and gives its name. */
  write(name: string, content: string | Buffer): string;
  read(name: string): string;
  /** Makes a named pipe and gives its path: who reads it waits for who writes it. */
  fifo(name: string): string;
  /** Makes a symbolic link. */
  link(to: string, name: string): void;
  start(...args: string[]): CliProcess;
  /**
   * Calls the command line in this process, which saves its start: for what needs no stdin, and no signal. A run has one
   * thread if nothing is said, which saves that of the others.
   */
  ask(...args: string[]): Promise<CliResult>;
  /** Runs `pooled-executor` to its end, with `input` on stdin. */
  run(args: readonly string[], input?: string | Buffer): Promise<CliResult>;
  /** The same, with a file or folder for stdin or stdout, as the shell gives it with `<` and `>`. */
  redirect(files: { readonly stdin?: string; readonly stdout?: string }, ...args: string[]): CliResult;
}

export const test = base.extend<{ folder: CliFolder }>({
  // eslint-disable-next-line no-empty-pattern -- vitest wants a destructuring pattern
  folder: async ({}, use) => {
    const path = mkdtempSync(join(tmpdir(), 'pooled-executor-cli-'));
    const started: CliProcess[] = [];
    const start = (...args: string[]) => {
      const cli = new CliProcess(args, path);
      started.push(cli);
      return cli;
    };
    await use({
      path,
      write: (name, content) => {
        writeFileSync(join(path, name), content);
        return name;
      },
      read: (name) => readFileSync(join(path, name), 'utf8'),
      fifo: (name) => {
        execFileSync('mkfifo', [join(path, name)]);
        return join(path, name);
      },
      link: (to, name) => {
        symlinkSync(to, join(path, name));
      },
      start,
      ask: (...args) => callMain(withOneThread(args), path),
      run: (args, input = '') => {
        const cli = start(...args);
        cli.child.stdin.end(input);
        return cli.ended;
      },
      redirect: (files, ...args) => redirected(files, args, path),
    });
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    rmSync(path, { recursive: true });
  },
});

function redirected(
  files: { readonly stdin?: string; readonly stdout?: string },
  args: readonly string[],
  cwd: string,
): CliResult {
  const stdin = files.stdin === undefined ? undefined : openSync(resolve(cwd, files.stdin), 'r');
  const stdout = files.stdout === undefined ? undefined : openSync(resolve(cwd, files.stdout), 'w');
  const stdio = [stdin ?? 'pipe', stdout ?? 'pipe', 'pipe'] as const;
  const ended = spawnSync(process.execPath, [BIN, ...args], { cwd, stdio: [...stdio], encoding: 'utf8' });
  for (const file of [stdin, stdout]) if (file !== undefined) closeSync(file);
  return { code: ended.status, stdout: stdout === undefined ? ended.stdout : '', stderr: ended.stderr };
}

function withOneThread(args: readonly string[]): readonly string[] {
  const [command, ...rest] = args;
  const isSaid = rest.some((flag) => flag === '--threads' || flag === '--pool-size');
  return command !== 'run' || isSaid ? args : [command, '--threads', '1', ...rest];
}

/** Rows as NDJSON. */
export function toLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** NDJSON as rows. */
export function fromLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

/** `{ n: 0 }`, `{ n: 1 }` ... */
export function numbers(count: number): { n: number }[] {
  return Array.from({ length: count }, (_, n) => ({ n }));
}
