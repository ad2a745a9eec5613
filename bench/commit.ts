import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PROJECT = join(import.meta.dirname, '..');

/**
 * The commit that is measured, short, with '-dirty' where tracked files differ from it; 'unknown' without git. Results don't count: one
 * group after another writes them.
 */
export async function describeCommit(): Promise<string> {
  try {
    const hash = await git('rev-parse', '--short', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!bench/results');
    return changes === '' ? hash : `${hash}-dirty`;
  } catch {
    return 'unknown';
  }
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd: PROJECT });
  return stdout.trim();
}
