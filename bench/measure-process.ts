import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MOST_ABORTS = 3;

/**
 * Runs a module of `processes/` in a Node process of its own and gives the JSON that it prints. Once more where Node aborts:
 * it does when a pool ends a thread that is requiring an ES module.
 */
export async function measureProcess(module: string, args: readonly string[], aborts = 0): Promise<unknown> {
  const file = fileURLToPath(new URL(`processes/${module}`, import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file, ...args]);
    return JSON.parse(stdout);
  } catch (reason) {
    if ((reason as { readonly signal?: unknown }).signal !== 'SIGABRT' || aborts === MOST_ABORTS)
      throw reason;
    return measureProcess(module, args, aborts + 1);
  }
}
