import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, UsageError } from './exit.ts';

/**
 * Looks where the symbolic links of a file to write lead. That a file is missing is no fault: it is created.
 *
 * @throws UsageError when they lead nowhere, or the path can't be followed
 */
export function checkLinks(file: string): void {
  if (isThere(file)) return;
  const end = endOfLinks(file);
  const folder = dirname(end);
  if (end === file || existsSync(folder)) return;
  throw new UsageError(
    `Cannot write ${file}: it is a link to ${end}, and the folder ${folder} doesn't exist: create it first`,
  );
}

function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === 'ENOTDIR') return false; // from Node 24 on none is thrown for it
    throw new UsageError(`Cannot write ${file}: ${messageOf(reason)}`);
  }
}

/**
 * Where the symbolic links of a file that is not there lead. They end somewhere, for a path without an end can't be looked
 * at.
 */
export function endOfLinks(file: string): string {
  let end = file;
  while (isLink(end)) end = resolve(realpathSync(dirname(end)), readlinkSync(end));
  return end;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false; // there is nothing, or a folder on the way is a file
  }
}
