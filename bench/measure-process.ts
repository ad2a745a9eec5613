import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs a module of `processes/` in a Node process of its own and gives the JSON that it prints. */
export async function measureProcess(module: string, args: readonly string[]): Promise<unknown> {
  const file = fileURLToPath(new URL(`processes/${module}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file, ...args]);
  return JSON.parse(stdout);
}
