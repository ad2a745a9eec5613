import type { CallEvent } from './core/call-event.ts';
import type { AuditRecord, BatchEndRecord, BatchRecord, RowHistory } from './audit/audit-trail.ts';
import {
  attemptRecord,
  callRecord,
  entryRecord,
  interruptedAttemptRecord,
  rowRecord,
} from './audit/records.ts';
import type { TrailRecorder } from './audit/trail-recorder.ts';
import type { Batch, BatchRow } from './batch.ts';
import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import type { EndedSlice } from './dispatcher.ts';

type Content = AuditRecord extends infer Record
  ? Record extends unknown
    ? Omit<Record, 'runId' | 'batchId' | 'at'>
    : never
  : never;

/** What is on record of a row that is submitted again. */
export interface RowPast {
  readonly past: RowHistory;
  /** Whether it is not the row that is on record. */
  readonly changed: boolean;
}

/** Says to the trail what happens to batches, rows, attempts, calls and entries. */
export class TrailWriter {
  readonly #recorder: TrailRecorder;
  readonly #clock: Clock;

  constructor(recorder: TrailRecorder, clock: Clock) {
    this.#recorder = recorder;
    this.#clock = clock;
  }

  get failure(): Error | undefined {
    return this.#recorder.failure;
  }

  batchStarted(batch: Batch, about: Omit<BatchRecord, 'kind'>): void {
    this.#recordSoon(batch, [{ kind: 'batch', ...about }]);
  }

  /** Resolves when the end, and so everything before it, is durable. */
  batchEnded(batch: Batch, end: Omit<BatchEndRecord, 'kind'>): Promise<void> {
    return this.#record(batch, [{ kind: 'batch-end', ...end }]);
  }

  /** Resolves when the rows are durable and may be dispatched. */
  rowsAdmitted(rows: readonly BatchRow[]): Promise<void> {
    const [first] = rows;
    return first === undefined ? Promise.resolve() : this.#record(first.batch, rows.map(rowRecord));
  }

  /** Resolves when it is durable what became of the row's last attempt; then it may be dispatched. */
  async rowResumed(row: BatchRow, { past, changed }: RowPast): Promise<void> {
    const at = this.#clock.toEpoch(this.#clock.now());
    const contents = [
      ...(changed ? [rowRecord(row)] : []),
      ...(past.openAttempt === undefined ? [] : [interruptedAttemptRecord(row, past.openAttempt, at)]),
    ];
    if (contents.length > 0) await this.#record(row.batch, contents);
  }

  /** Durable before any entry that is recorded later. */
  attemptsEnded({ batch, sliceId, threadId, dispatchedAt, delayMs, attempts }: EndedSlice): void {
    const records = attempts.map(({ row, outcome, startedAt, finishedAt, backoffMs, delayAfterMs }) =>
      attemptRecord(row, outcome, {
        threadId,
        sliceId,
        dispatchedAt: this.#clock.toEpoch(dispatchedAt),
        startedAt: this.#clock.toEpoch(startedAt),
        finishedAt: this.#clock.toEpoch(finishedAt),
        delayMs,
        backoffMs,
        ...(delayAfterMs === undefined ? {} : { delayAfterMs }),
      }),
    );
    if (records.length > 0) this.#recordSoon(batch, records);
  }

  /** Resolves when the entries are durable and may be delivered. */
  entriesReady(batch: Batch, entries: readonly Entry<unknown>[]): Promise<void> {
    return this.#record(batch, entries.map(entryRecord));
  }

  /** Resolves when the event is durable. */
  callMade(batch: Batch, event: CallEvent): Promise<void> {
    return this.#record(batch, [callRecord(event)]);
  }

  /** For what nobody waits for: a failure shows at the next record, and the executor is told by the recorder. */
  #recordSoon(batch: Batch, contents: readonly Content[]): void {
    this.#record(batch, contents).catch(() => undefined);
  }

  #record(batch: Batch, contents: readonly Content[]): Promise<void> {
    const { runId, batchId } = batch;
    const at = this.#clock.toEpoch(this.#clock.now());
    return this.#recorder.record(contents.map((content) => ({ runId, batchId, at, ...content })));
  }
}
