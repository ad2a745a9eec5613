import { statSync, type Stats } from 'node:fs';

/** The same for all paths to one regular file; undefined for terminals, pipes and devices, which may be read and written. */
export function identityOf(stats: Stats): string | undefined {
  return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
}

/** The same for the file at a path; undefined when there is none. */
export function identityOfPath(path: string): string | undefined {
  const stats = statsOf(path);
  return stats && identityOf(stats);
}

/** What is at a path; undefined when there is nothing, or nothing that can be looked at: who opens it is told why. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
