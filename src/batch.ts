import { messageOf } from './core/row-error.ts';
import { CompletedRun } from './completed-run.ts';
import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import { Moved } from './core/moved.ts';
import { failure } from './core/outcome.ts';
import { ReorderBuffer } from './core/reorder-buffer.ts';
import type { RowErrorCode } from './core/row-error.ts';
import type { StatsCounter } from './core/stats.ts';
import type { TransformResult } from './core/transform-result.ts';
import type { RunResults } from './run-results.ts';
import type { Snapshot, Snapshots, Uncloneable } from './core/snapshot.ts';
import type { EntryRun } from './entry-run.ts';
import { Delivery, type Completed, type CompletedRow, type Outlet } from './delivery.ts';
import { PendingRow, type AdmittedRow } from './pending-row.ts';
import type { RowRun } from './row-run.ts';
import type { SliceTimes } from './slice-times.ts';

/** A row as its caller names it. */
export interface RowContext<Row> {
  readonly row: Row;
  /** Names the row; not empty, and used once in a batch and in a run. */
  readonly stateId: string;
  /** A whole number from 0, used once in a batch and in a run. */
  readonly rowIndex: number;
}

/** How a row is known to its caller. */
export type RowIdentity = Omit<RowContext<unknown>, 'row'>;

/** What a batch is put together from. */
export interface BatchParts {
  readonly runId: string;
  readonly batchId: string;
  readonly clock: Clock;
  /** The batch's own counter in the gauge. */
  readonly counter: number;
  readonly generatedIds: boolean;
  readonly stats: StatsCounter;
  /** Takes the snapshots of rows that come without one. */
  readonly snapshots: Snapshots;
  /** Makes entries durable before they are delivered; undefined when there is nothing to wait for. */
  readonly record?: ((entries: readonly EntryRun[]) => Promise<void>) | undefined;
  readonly outlet: Outlet;
  /** Called after something changed that a progress display could show. */
  readonly onChange?: ((batch: Batch) => void) | undefined;
}

/** Why the rest of a batch will not run. */
export interface Ending {
  readonly code: Extract<RowErrorCode, 'aborted' | 'shutdown_requested'>;
  readonly message: string;
}

/** A row of a batch until it is given out. */
export type BatchRow = PendingRow<Batch>;

/** Rows of a batch that go together. */
export type BatchRun = RowRun<Batch>;

/**
 * One batch in progress: takes a snapshot of each row, puts the results in order, and counts. It is settled when no more
 * rows can come, every entry is delivered and none of its slices is in flight.
 */
export class Batch {
  readonly runId: string;
  readonly batchId: string;
  readonly counter: number;
  readonly generatedIds: boolean;
  readonly stats: StatsCounter;
  /** Resolves when the batch is settled; rejects, then, when it failed as a whole. */
  readonly settled: Promise<void>;
  /** Rows that wait out a refusal. */
  inBackoff = 0;
  readonly #parts: BatchParts;
  readonly #snapshots: Snapshots;
  readonly #buffer = new ReorderBuffer<Completed>();
  readonly #delivery: Delivery;
  readonly #controller = new AbortController();
  readonly #settling = Promise.withResolvers<void>();
  #slicesInFlight = 0;
  #completed = 0;
  #room: { readonly limit: number; readonly found: () => void } | undefined;
  #closed = false;
  #ending: Ending | undefined;
  #failure: Error | undefined;

  constructor(parts: BatchParts) {
    this.#parts = parts;
    this.runId = parts.runId;
    this.batchId = parts.batchId;
    this.counter = parts.counter;
    this.generatedIds = parts.generatedIds;
    this.stats = parts.stats;
    this.#snapshots = parts.snapshots;
    this.#delivery = new Delivery({
      clock: parts.clock,
      record: parts.record,
      outlet: parts.outlet,
      onDelivered: (late) => {
        this.#settleIfDone();
        if (late) this.changed();
      },
    });
    this.settled = this.#settling.promise;
    this.settled.catch(() => undefined); // its owner may look later
  }

  /** Aborted when no further row of the batch may start. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get inFlight(): number {
    return this.#slicesInFlight;
  }

  /** Rows whose entry was delivered. */
  get delivered(): number {
    return this.#delivery.delivered;
  }

  /** Whether rows may still be admitted. */
  get open(): boolean {
    return !this.#closed;
  }

  /** Takes a snapshot of the row that is admitted next. */
  snapshotOf(row: unknown): Snapshot {
    return this.#snapshots.take(row, this.stats.submitted);
  }

  /** Makes room for rows in the order of submission; gives the place of the first, the others follow. */
  reserve(rows: number): number {
    this.stats.onSubmitted(rows);
    return this.#buffer.submit(rows);
  }

  /** A row that can't be cloned has its entry at once, an error with 0 attempts. */
  refuse(row: AdmittedRow, { reason }: Uncloneable): void {
    const message = `Row can not be cloned: ${messageOf(reason)}`;
    this.complete(new PendingRow<Batch>(this, row), failure('transform_error', message), row.submittedAt);
    this.flush();
  }

  /** Takes in a row whose entry is on record: it is given out in its turn, as it was but for its place, and not recorded again. */
  giveBack(recorded: Entry<unknown>): void {
    const submitIndex = this.reserve(1);
    this.stats.onResult(recorded.result.status);
    const entry = { ...recorded, submitIndex, completeIndex: this.#completed++ };
    this.#buffer.complete(submitIndex, this.#delivery.expectRecorded(entry));
    this.flush();
  }

  /** Resolves when fewer rows than `limit` are admitted, without a result, and do not wait out a refusal. */
  async whenFewerAre(limit: number): Promise<void> {
    if (this.#underWay < limit) return;
    await new Promise<void>((found) => {
      this.#room = { limit, found };
    });
  }

  get #underWay(): number {
    return this.stats.submitted - this.#completed - this.inBackoff;
  }

  /** No more rows will be admitted. */
  close(): void {
    this.#closed = true;
    this.#settleIfDone();
  }

  /** From now on no row starts. The rows that have no result yet end with `ending`, each by whoever holds it. */
  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#controller.abort();
  }

  /** There is no consumer any more: entries are no longer delivered. With an error, the batch fails with it when it is over. */
  discard(error?: Error): void {
    this.#delivery.discard();
    this.#failure ??= error;
  }

  sliceStarted(): void {
    this.#slicesInFlight++;
  }

  sliceEnded(): void {
    this.#slicesInFlight--;
  }

  /** Gives a row its result; {@link flush} afterwards. A row that has one already keeps it. */
  complete(row: BatchRow, result: TransformResult<unknown>, completedAt: number): void {
    if (row.result !== undefined) return;
    row.result = result;
    row.completedAt = completedAt;
    row.completeIndex = this.#completed++;
    this.stats.onResult(result.status);
    if (row.snapshot instanceof Moved) row.snapshot.release();
    this.#buffer.complete(row.submitIndex, row as CompletedRow);
  }

  /** Gives rows that ran once their results, all of them; {@link flush} afterwards. */
  completeRun(run: BatchRun, results: RunResults, times: SliceTimes): void {
    const { count, errors } = results;
    this.stats.onResult('success', count - errors);
    this.stats.onResult('error', errors);
    run.moved?.release();
    const completed = new CompletedRun(run.withoutSnapshots(), results, {
      times,
      completeIndex: this.#completed,
    });
    this.#completed += count;
    this.#buffer.complete(run.submitIndex, completed, count);
  }

  /** Ends a row that will not run, for the reason for which the batch ends. */
  completeEnded(row: BatchRow, { code, message }: Ending, now: number): void {
    this.complete(row, failure(code, message), now);
  }

  /** Delivers what is next in order, after it is on record. */
  flush(): void {
    const ready = this.#buffer.drain();
    if (ready.length > 0) this.#delivery.emit(ready);
    else this.#settleIfDone();
    if (this.#room === undefined || this.#underWay >= this.#room.limit) return;
    this.#room.found();
    this.#room = undefined;
  }

  /** Something changed that a progress display could show. To be called when all is in order again: it runs user code. */
  changed(): void {
    this.#parts.onChange?.(this);
  }

  #settleIfDone(): void {
    if (!this.#closed || this.#slicesInFlight > 0 || this.delivered < this.stats.submitted) return;
    if (this.#failure === undefined) this.#settling.resolve();
    else this.#settling.reject(this.#failure);
  }
}
