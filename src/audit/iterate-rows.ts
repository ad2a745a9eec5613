import type { SQLInputValue, StatementSync } from 'node:sqlite';

/** Statements that are gone through at this moment. */
const inUse = new Set<StatementSync>();

/**
 * The rows that a statement gives, one after another, so that not all of them are in memory. It is kept until they have been
 * gone through: the iterator of Node 22.13 does not keep its statement, and fails, or takes the process with it, when that is
 * collected meanwhile.
 */
export function* iterateRows(
  statement: StatementSync,
  ...values: readonly SQLInputValue[]
): Generator<Record<string, unknown>> {
  inUse.add(statement);
  try {
    yield* statement.iterate(...values);
  } finally {
    inUse.delete(statement);
  }
}
