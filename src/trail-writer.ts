import type { BatchEndRecord, BatchRecord, RowHistory } from './audit/audit-trail.ts';
import { interruptedAttemptRecord } from './audit/records.ts';
import type { EventOrigin, RecordedEntries, TrailEvent } from './audit/trail-event.ts';
import type { TrailRecorder } from './audit/trail-recorder.ts';
import type { Batch, BatchRow, BatchRun } from './batch.ts';
import type { CallEvent } from './core/call-event.ts';
import type { Clock } from './core/clock.ts';
import type { EndedSlice, StartedSlice } from './dispatch-observer.ts';
import { RowRun } from './row-run.ts';

type Content = TrailEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, keyof EventOrigin>
    : never
  : never;

/** Share of a new sample in the latency. */
const LATENCY_GAIN = 0.1;

/** What is on record of a row that is submitted again. */
export interface RowPast {
  readonly past: RowHistory;
  /** Whether it is not the row that is on record. */
  readonly changed: boolean;
}

/** Says to the trail what happens to batches, rows, attempts, calls and entries. */
export class TrailWriter {
  readonly #recorder: TrailRecorder<TrailEvent>;
  readonly #clock: Clock;
  #latencyMs = 0;

  constructor(recorder: TrailRecorder<TrailEvent>, clock: Clock) {
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /** How long rows and entries have lately waited until they were durable, in ms; 0 when nothing was recorded yet. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  get failure(): Error | undefined {
    return this.#recorder.failure;
  }

  batchStarted(batch: Batch, about: Omit<BatchRecord, 'kind'>): void {
    this.#recordSoon(batch, { kind: 'single', content: { kind: 'batch', ...about } });
  }

  /** Resolves when the end, and so everything before it, is durable. */
  batchEnded(batch: Batch, end: Omit<BatchEndRecord, 'kind'>): Promise<void> {
    return this.#record(batch, { kind: 'single', content: { kind: 'batch-end', ...end } });
  }

  /** Resolves when the rows are durable and may be dispatched. */
  rowsAdmitted(rows: BatchRun): Promise<void> {
    return this.#recordTimed(rows.batch, { kind: 'rows', rows });
  }

  /** Resolves when it is durable what became of the last attempts of rows of one batch; then they may be dispatched. */
  async rowsResumed(resumed: readonly ({ readonly row: BatchRow } & RowPast)[]): Promise<void> {
    const at = this.#clock.toEpoch(this.#clock.now());
    const [first, ...others] = resumed.flatMap(({ row, changed }) => (changed ? [row] : []));
    const events: Content[] =
      first === undefined ? [] : [{ kind: 'rows', rows: RowRun.of([first, ...others]) }];
    for (const { row, past } of resumed) {
      if (past.openAttempt === undefined) continue;
      events.push({ kind: 'single', content: interruptedAttemptRecord(row, past.openAttempt, at) });
    }
    const batch = resumed[0]?.row.batch;
    if (batch !== undefined && events.length > 0) await this.#record(batch, ...events);
  }

  /** Durable before what becomes of these attempts. */
  sliceStarted({ batch, sliceId, rows }: StartedSlice): void {
    this.#recordSoon(batch, { kind: 'dispatch', sliceId, rows });
  }

  /** Durable before any entry that is recorded later. */
  attemptsEnded({ batch, dispatchedAt, ...slice }: EndedSlice): void {
    const toEpoch = (now: number) => this.#clock.toEpoch(now);
    this.#recordSoon(batch, {
      kind: 'attempts',
      ...slice,
      dispatchedAt: toEpoch(dispatchedAt),
      toEpoch,
    });
  }

  /** Resolves when the entries are durable and may be delivered. */
  entriesReady(batch: Batch, entries: readonly RecordedEntries[]): Promise<void> {
    return this.#recordTimed(batch, { kind: 'entries', entries });
  }

  /** Resolves when the event is durable. */
  callMade(batch: Batch, call: CallEvent): Promise<void> {
    return this.#recorder.recordAwaited(this.#eventsOf(batch, [{ kind: 'call', call }]));
  }

  /** For what nobody waits for: a failure shows at the next record, and the executor is told by the recorder. */
  #recordSoon(batch: Batch, content: Content): void {
    this.#record(batch, content).catch(() => undefined);
  }

  async #recordTimed(batch: Batch, content: Content): Promise<void> {
    const startedAt = this.#clock.now();
    await this.#record(batch, content);
    this.#latencyMs += LATENCY_GAIN * (this.#clock.now() - startedAt - this.#latencyMs);
  }

  #record(batch: Batch, ...contents: readonly Content[]): Promise<void> {
    return this.#recorder.record(this.#eventsOf(batch, contents));
  }

  #eventsOf({ runId, batchId, generatedIds }: Batch, contents: readonly Content[]): TrailEvent[] {
    const at = this.#clock.toEpoch(this.#clock.now());
    return contents.map((content) => ({ runId, batchId, at, generatedIds, ...content }));
  }
}
