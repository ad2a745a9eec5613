import type { DispatchedRows, RecordedRows } from './audit/trail-event.ts';
import type { Encoded } from './core/codec.ts';
import { generatedStateId } from './core/generated-id.ts';
import { Moved } from './core/moved.ts';
import type { QueuedRun } from './core/row-queue.ts';
import { encodedIn, joinConsecutive } from './core/snapshot.ts';
import { TextGroup } from './core/text-group.ts';
import type { TextRows } from './core/text-rows.ts';
import type { FreshColumns } from './engine/engine.ts';
import { joinRows, NO_ROWS, partOf, rowAt, submittedAtOf, type NewRows } from './new-rows.ts';
import { PendingRow } from './pending-row.ts';

/** A batch as its rows see it. */
interface RowHolder {
  /** Rows that wait out a refusal. */
  inBackoff: number;
}

/**
 * Rows of one batch that go together, in order. Most rows run once and are done: as long as nothing else happens to any of
 * them, a run is a range of columns. Rows get an object each when they are asked for; what happens to them is noted there.
 */
export class RowRun<Batch extends RowHolder>
  implements QueuedRun<Batch, PendingRow<Batch>, RowRun<Batch>>, RecordedRows, DispatchedRows
{
  readonly batch: Batch;
  readonly #new: NewRows;
  #rows: readonly PendingRow<Batch>[] | undefined;
  #isSent = false;

  private constructor(batch: Batch, rows: NewRows | readonly PendingRow<Batch>[]) {
    this.batch = batch;
    if ('snapshots' in rows) {
      this.#new = rows;
    } else {
      this.#new = NO_ROWS;
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

  /** When a row was handed over; only of a run that {@link isFresh}. */
  submittedAt(index: number): number {
    return submittedAtOf(this.#new, index);
  }

  rowIndexAt(index: number): number {
    if (this.#rows !== undefined) return this.#rowAt(index).rowIndex;
    const { names, offset, submitIndex } = this.#new;
    return names?.[offset + index]?.rowIndex ?? submitIndex + index;
  }

  stateIdAt(index: number): string {
    if (this.#rows !== undefined) return this.#rowAt(index).stateId;
    const { names, offset, submitIndex } = this.#new;
    return names?.[offset + index]?.stateId ?? generatedStateId(submitIndex + index);
  }

  /** As `attempt` of the row. */
  attemptAt(index: number): number {
    if (this.#rows !== undefined) return this.#rowAt(index).attempt;
    return this.#isSent ? 1 : 0;
  }

  get encoded(): readonly Encoded[] {
    if (this.#rows !== undefined) return this.#rows.map(({ encoded }) => encoded);
    const { snapshots, offset, count, submitIndex } = this.#new;
    return encodedIn(snapshots, { from: offset, to: offset + count, position: submitIndex });
  }

  get texts(): TextRows | undefined {
    if (this.#rows !== undefined) return undefined;
    const { snapshots, offset, count, submitIndex } = this.#new;
    const group = snapshots[offset];
    // positions in a group follow one another: so those between are in it, too
    if (!(group instanceof TextGroup) || snapshots[offset + count - 1] !== group) return undefined;
    return group.texts(submitIndex, submitIndex + count);
  }

  #rowAt(index: number): PendingRow<Batch> {
    return this.rows[index] as PendingRow<Batch>;
  }

  #makeRows(): readonly PendingRow<Batch>[] {
    return Array.from({ length: this.size }, (_, index) => {
      const row = new PendingRow<Batch>(this.batch, rowAt(this.#new, index));
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
    return new RowRun(batch, joinRows(parts));
  }
}
