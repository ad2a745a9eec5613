import { existsSync, readFileSync, rmSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { CliResult } from './cli.ts';
import { liveThreads } from './live-workers.ts';

/**
 * Calls the command line's main function in this process, in `folder`; it must leave no thread behind. What transforms
 * write to the file that `CALLED_MAIN` names comes last on stderr: their own, the file 2, is that of the tests.
 */
export async function callMain(args: readonly string[], folder: string): Promise<CliResult> {
  const before = { folder: process.cwd(), exitCode: process.exitCode };
  const stdout = capture(process.stdout);
  const stderr = capture(process.stderr);
  let code: number | undefined;
  const exit = vi.spyOn(process, 'exit').mockImplementation((given) => {
    code ??= Number(given ?? 0);
    return undefined as never;
  });
  process.chdir(folder);
  const said = `${folder}.stderr`;
  process.env['CALLED_MAIN'] = said;
  try {
    await main([process.execPath, 'pooled-executor', ...args]);
    code ??= Number(process.exitCode ?? 0);
  } finally {
    for (const { restore } of [stdout, stderr]) restore();
    exit.mockRestore();
    process.chdir(before.folder);
    delete process.env['CALLED_MAIN'];
    process.exitCode = before.exitCode;
  }
  expect(liveThreads(), 'threads left behind').toBe(0);
  const written = existsSync(said) ? readFileSync(said, 'utf8') : '';
  rmSync(said, { force: true });
  return { code, stdout: stdout.text(), stderr: stderr.text() + written };
}

function capture(stream: NodeJS.WriteStream) {
  const chunks: string[] = [];
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk, ...rest) => {
    chunks.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const written = rest.at(-1) as (() => void) | undefined;
    written?.();
    return true;
  });
  const listeners = stream.listeners('error') as (() => void)[];
  const restore = () => {
    spy.mockRestore();
    for (const listener of stream.listeners('error') as (() => void)[])
      if (!listeners.includes(listener)) stream.off('error', listener);
  };
  return { restore, text: () => chunks.join('') };
}
