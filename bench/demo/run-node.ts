import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a module in a Node process of its own, with this process's terminal.
 *
 * Ctrl-C reaches the child by itself, so it is left to the child to end in good order.
 *
 * @param module the file to run
 * @param args its arguments
 * @returns the time from start to exit, in ms: what a user waits, start-up included
 * @throws when the process ends with an exit code other than 0, or by a signal
 */
export async function runNode(module: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [module, ...args], { stdio: 'inherit' });
  const leaveToChild = (): void => undefined;
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', leaveToChild).on('SIGTERM', passOn);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw new Error(`${module} ended with ${signal ?? exitMeaning(code)}`);
    return performance.now() - startedAt;
  } finally {
    process.off('SIGINT', leaveToChild).off('SIGTERM', passOn);
  }
}

function exitMeaning(code: number | null): string {
  return code === 3 ? 'exit code 3: some rows failed' : `exit code ${String(code)}`;
}
