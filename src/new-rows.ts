import { concatenate } from './core/concatenate.ts';
import type { Snapshot } from './core/snapshot.ts';
import type { AdmittedRow, RowName } from './pending-row.ts';

/** New rows by columns, in the order of submission and without a gap. */
export interface NewRows {
  /** Of the first row, among all rows ever admitted to the executor. */
  readonly sequence: number;
  /** Of the first row. */
  readonly submitIndex: number;
  readonly count: number;
  /** Where the first row is in the columns below. */
  readonly offset: number;
  readonly snapshots: readonly Snapshot[];
  /** When they were handed over, in ms on the monotonic clock: all of them together, or each. */
  readonly submittedAt: number | readonly number[];
  /** Absent when rows are called by their place. */
  readonly names: readonly RowName[] | undefined;
}

/** One of them as it was admitted. */
export function rowAt(rows: NewRows, index: number): AdmittedRow {
  return {
    sequence: rows.sequence + index,
    submitIndex: rows.submitIndex + index,
    snapshot: rows.snapshots[rows.offset + index],
    submittedAt: submittedAtOf(rows, index),
    name: rows.names?.[rows.offset + index],
  };
}

export function submittedAtOf({ submittedAt, offset }: NewRows, index: number): number {
  return typeof submittedAt === 'number' ? submittedAt : (submittedAt[offset + index] as number);
}

export const NO_ROWS: NewRows = {
  sequence: 0,
  submitIndex: 0,
  count: 0,
  offset: 0,
  snapshots: [],
  submittedAt: 0,
  names: undefined,
};

/** At least one part; all of them have names, or none has. */
export function joinRows(parts: readonly NewRows[]): NewRows {
  const [first = NO_ROWS] = parts;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  if (parts.every(({ snapshots }) => snapshots === first.snapshots)) return { ...first, count };
  return {
    sequence: first.sequence,
    submitIndex: first.submitIndex,
    count,
    offset: 0,
    snapshots: concatenate(parts.map((part) => cutOut(part.snapshots, part))),
    submittedAt: concatenate(
      parts.map(({ submittedAt, ...part }) =>
        typeof submittedAt === 'number'
          ? new Array<number>(part.count).fill(submittedAt)
          : cutOut(submittedAt, part),
      ),
    ),
    names: first.names && concatenate(parts.map(({ names = [], ...part }) => cutOut(names, part))),
  };
}

function cutOut<Value>(
  column: readonly Value[],
  { offset, count }: Pick<NewRows, 'offset' | 'count'>,
): readonly Value[] {
  return column.slice(offset, offset + count);
}

export function partOf(rows: NewRows, from: number, to: number): NewRows {
  return {
    ...rows,
    sequence: rows.sequence + from,
    submitIndex: rows.submitIndex + from,
    offset: rows.offset + from,
    count: to - from,
  };
}
