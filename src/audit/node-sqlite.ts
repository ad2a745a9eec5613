import type * as Sqlite from 'node:sqlite';

/** `node:sqlite`, without the warning by which Node 22 says in every thread that it is experimental. */
export const { DatabaseSync } = quietly(() => process.getBuiltinModule('node:sqlite'));
export type DatabaseSync = Sqlite.DatabaseSync;

function quietly<Result>(load: () => Result): Result {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
