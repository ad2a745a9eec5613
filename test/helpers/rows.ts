import type { BatchResult, Entry, RowContext, RowErrorCode, TransformResult } from '../../src/index.ts';

/** Contexts of a batch: row i is called `${prefix}-${i}`. */
export function contextsOf<Row>(rows: readonly Row[], prefix = 'row'): RowContext<Row>[] {
  return rows.map((row, rowIndex) => ({ row, stateId: `${prefix}-${rowIndex}`, rowIndex }));
}

/** 0, 1, 2 ... */
export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

/** The outputs of a batch or list of entries, all of which must have succeeded. */
export function outputsOf<Output>(from: BatchResult<Output> | readonly Entry<Output>[]): Output[] {
  return entriesOf(from).map(({ result, stateId }) => {
    if (result.status === 'error') throw new Error(`${stateId} failed: ${result.error.message}`);
    return result.value;
  });
}

/** Per entry: `ok`, or the code of its error. */
export function codesOf(from: BatchResult<unknown> | readonly Entry<unknown>[]): (RowErrorCode | 'ok')[] {
  return entriesOf(from).map(({ result }) => (result.status === 'success' ? 'ok' : result.error.code));
}

/** The error result of an entry, which must be one. */
export function errorOf(
  entry: Entry<unknown> | undefined,
): Extract<TransformResult<never>, { status: 'error' }> {
  if (entry?.result.status !== 'error') throw new Error('Entry is no error');
  return entry.result;
}

/** What must not depend on how the rows were run: all but times and the order of completion. */
export function essenceOf(entries: readonly Entry<unknown>[]): unknown {
  return entries.map(({ rowIndex, stateId, submitIndex, attempts, result }) => ({
    rowIndex,
    stateId,
    submitIndex,
    attempts,
    result: JSON.stringify(result, (key, value: unknown) => (key === 'stack' ? undefined : value)),
  }));
}

/** Reads a stream to its end. */
export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const collected: Value[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

function entriesOf<Output>(from: BatchResult<Output> | readonly Entry<Output>[]): readonly Entry<Output>[] {
  return 'stats' in from ? from.entries : from;
}
