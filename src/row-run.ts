import { concatenate } from './core/concatenate.ts';
import { Moved } from './core/moved.ts';
import type { QueuedRun } from './core/row-queue.ts';
import { joinConsecutive, type Snapshot } from './core/snapshot.ts';
import type { FreshColumns } from './engine/engine.ts';
import { PendingRow, type AdmittedRow, type RowName } from './pending-row.ts';

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

/** A batch as its rows see it. */
interface RowHolder {
  /** Rows that wait out a refusal. */
  inBackoff: number;
}

/**
 * Rows of one batch that go together, in order. Most rows run once and are done: as long as nothing else happens to any of
 * them, a run is a range of columns. Rows get an object each when they are asked for; what happens to them is noted there.
 */
export class RowRun<Batch extends RowHolder> implements QueuedRun<Batch, PendingRow<Batch>, RowRun<Batch>> {
  readonly batch: Batch;
  readonly #new: NewRows;
  #rows: readonly PendingRow<Batch>[] | undefined;
  #isSent = false;

  private constructor(batch: Batch, rows: NewRows | readonly PendingRow<Batch>[]) {
    this.batch = batch;
    if ('snapshots' in rows) {
      this.#new = rows;
    } else {
      this.#new = NO_COLUMNS;
      this.#rows = rows;
    }
  }

  static ofNew<Batch extends RowHolder>(batch: Batch, rows: NewRows): RowRun<Batch> {
    return new RowRun(batch, rows);
  }

  /** At least one row, with its object. */
  static of<Batch extends RowHolder>(
    rows: readonly [PendingRow<Batch>, ...PendingRow<Batch>[]],
  ): RowRun<Batch> {
    return new RowRun(rows[0].batch, rows);
  }

  /** At least one run, of one batch. */
  static join<Batch extends RowHolder>(runs: readonly [RowRun<Batch>, ...RowRun<Batch>[]]): RowRun<Batch> {
    const [first] = runs;
    if (runs.length === 1) return first;
    return (
      RowRun.#joinNew(first.batch, runs) ??
      new RowRun(
        first.batch,
        runs.flatMap(({ rows }) => rows),
      )
    );
  }

  get size(): number {
    return this.#rows?.length ?? this.#new.count;
  }

  /** Whether nothing has happened to any of the rows, other than that they may have been sent for the first time. */
  get isFresh(): boolean {
    return this.#rows === undefined;
  }

  /** Of the first row. */
  get sequence(): number {
    return this.#rows?.[0]?.sequence ?? this.#new.sequence;
  }

  /** Of the first row. */
  get submitIndex(): number {
    return this.#rows?.[0]?.submitIndex ?? this.#new.submitIndex;
  }

  /** How often the first row was refused. */
  get refusals(): number {
    return this.#rows?.[0]?.refusals ?? 0;
  }

  /** As of the first row: then there is no other. */
  get runsAlone(): boolean {
    return this.#rows?.[0]?.runsAlone ?? this.moved !== undefined;
  }

  /** The snapshot of a row that is handed on: then there is no other. */
  get moved(): Moved | undefined {
    const { snapshots, offset } = this.#new;
    const snapshot = this.#rows === undefined ? snapshots[offset] : this.#rows[0]?.snapshot;
    return snapshot instanceof Moved ? snapshot : undefined;
  }

  get rows(): readonly PendingRow<Batch>[] {
    return (this.#rows ??= this.#makeRows());
  }

  cut(count: number): [RowRun<Batch>, RowRun<Batch>] {
    const { batch } = this;
    const rows = this.#rows;
    if (rows !== undefined) {
      return [new RowRun(batch, rows.slice(0, count)), new RowRun(batch, rows.slice(count))];
    }
    return [
      new RowRun(batch, partOf(this.#new, 0, count)),
      new RowRun(batch, partOf(this.#new, count, this.#new.count)),
    ];
  }

  /** Notes that the next attempt of the rows begins. */
  send(): void {
    this.#isSent = true;
    for (const row of this.#rows ?? []) {
      row.attempt++;
      if (row.lastRefusal !== undefined) this.batch.inBackoff--;
    }
  }

  /** The rows were sent in vain, and are as new again. Only of a run that {@link isFresh}. */
  takeBack(): void {
    this.#isSent = false;
  }

  /** The rows by their places and names alone: what they were is of no use any more. Only of a run that {@link isFresh}. */
  withoutSnapshots(): RowRun<Batch> {
    return new RowRun(this.batch, { ...this.#new, snapshots: [] });
  }

  /** The rows by columns, as they are to be sent; undefined where they may differ in more than these say. */
  get columns(): FreshColumns | undefined {
    if (this.#rows !== undefined) return undefined;
    const { submitIndex, count, offset, snapshots, names } = this.#new;
    const range = { from: offset, to: offset + count, position: submitIndex };
    return {
      count,
      rows: joinConsecutive(snapshots, range),
      firstRowIndex: submitIndex,
      names: names?.slice(offset, offset + count),
    };
  }

  /** A row as it was admitted; only of a run that {@link isFresh}. */
  admittedAt(index: number): AdmittedRow {
    const { sequence, submitIndex, offset, snapshots, submittedAt, names } = this.#new;
    return {
      sequence: sequence + index,
      submitIndex: submitIndex + index,
      snapshot: snapshots[offset + index],
      submittedAt: typeof submittedAt === 'number' ? submittedAt : (submittedAt[offset + index] as number),
      name: names?.[offset + index],
    };
  }

  #makeRows(): readonly PendingRow<Batch>[] {
    return Array.from({ length: this.size }, (_, index) => {
      const row = new PendingRow<Batch>(this.batch, this.admittedAt(index));
      if (this.#isSent) row.attempt = 1;
      return row;
    });
  }

  /** New rows that follow one another, as they come from several admissions; undefined for others. */
  static #joinNew<Batch extends RowHolder>(
    batch: Batch,
    runs: readonly RowRun<Batch>[],
  ): RowRun<Batch> | undefined {
    const parts = runs.map((run) => run.#new);
    let nextIndex = parts[0]?.submitIndex;
    for (const [index, { submitIndex, count }] of parts.entries()) {
      if (runs[index]?.isFresh !== true || submitIndex !== nextIndex) return undefined;
      nextIndex = submitIndex + count;
    }
    return new RowRun(batch, joined(parts));
  }
}

const NO_COLUMNS: NewRows = {
  sequence: 0,
  submitIndex: 0,
  count: 0,
  offset: 0,
  snapshots: [],
  submittedAt: 0,
  names: undefined,
};

/** At least one part; all of them have names, or none has. */
function joined(parts: readonly NewRows[]): NewRows {
  const [first = NO_COLUMNS] = parts;
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

function partOf(rows: NewRows, from: number, to: number): NewRows {
  return {
    ...rows,
    sequence: rows.sequence + from,
    submitIndex: rows.submitIndex + from,
    offset: rows.offset + from,
    count: to - from,
  };
}
