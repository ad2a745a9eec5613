import type { BatchRow, BatchRun } from './batch.ts';
import { RowRun } from './row-run.ts';
import type { RowPast, TrailWriter } from './trail-writer.ts';

/** Lets rows into the queue when it is on record that they are there, or what became of them so far; in their order. */
export class RecordedAdmission {
  readonly #trail: TrailWriter;
  readonly #enqueue: (run: BatchRun) => void;
  readonly #pasts = new Map<BatchRow, RowPast>();
  /** Settles when rows that were submitted before, and have been passed on, are in the queue. */
  #resumed: Promise<unknown> | undefined;

  constructor(trail: TrailWriter, enqueue: (run: BatchRun) => void) {
    this.#trail = trail;
    this.#enqueue = enqueue;
  }

  /** Says of a row that will be passed on what is on record of it. */
  notePast(row: BatchRow, past: RowPast): void {
    this.#pasts.set(row, past);
  }

  pass(run: BatchRun): void {
    const recorded = this.#pasts.size === 0 ? this.#trail.rowsAdmitted(run) : this.#recordAll(run.rows);
    const next = () => {
      this.#enqueue(run); // if they could not be recorded their batch has been ended, and they end with it
    };
    if (this.#resumed === undefined) recorded.then(next, next);
    else this.#resumed = Promise.allSettled([this.#resumed, recorded]).then(next);
  }

  async #recordAll(rows: readonly BatchRow[]): Promise<void> {
    this.#resumed ??= Promise.resolve();
    const known = rows.flatMap((row) => {
      const past = this.#pasts.get(row);
      this.#pasts.delete(row);
      return past === undefined ? [] : [{ row, ...past }];
    });
    const [first, ...others] = rows.slice(known.length); // they come first
    const fresh = first && RowRun.of([first, ...others]);
    await Promise.all([this.#trail.rowsResumed(known), fresh && this.#trail.rowsAdmitted(fresh)]);
  }
}
