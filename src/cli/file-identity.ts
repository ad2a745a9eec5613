import { statSync, type Stats } from 'node:fs';

/** The same for all paths to one regular file; undefined for terminals, pipes and devices, which may be read and written. */
export function identityOf(stats: Stats): string | undefined {
  return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
}

/** The same for the file at a path; undefined when there is none. */
export function identityOfPath(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && identityOf(stats);
}
