import { randomUUID } from 'node:crypto';
import { Admission } from './admission.ts';
import type { BatchRecord } from './audit/audit-trail.ts';
import { Batch, type BatchRow, type RowContext, type RowIdentity, type Snapshot } from './batch.ts';
import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import type { BatchStats, StatsCounter } from './core/stats.ts';
import type { Throttle } from './core/throttle.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ConcurrencyGauge } from './engine/concurrency-gauge.ts';
import type { BatchOptions } from './options.ts';
import { ProgressReporter } from './progress-reporter.ts';
import type { TrailWriter } from './trail-writer.ts';

export interface IntakeOptions extends BatchOptions {
  /** Whether the rows' state ids are those of `generatedStateId`. */
  readonly generatedIds: boolean;
}

export interface IntakeParts {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly throttle: Throttle;
  readonly gauge: ConcurrencyGauge;
  /** The executor's counts. */
  readonly totals: StatsCounter;
  readonly trail: TrailWriter | undefined;
  /** What the trail is told of every batch. */
  readonly about: () => Omit<BatchRecord, 'kind'>;
}

/** A batch and the way into it. */
export interface OpenBatch {
  readonly batch: Batch;
  /** Takes a row in; it is dispatched when it is on record. */
  admit(context: RowContext<unknown>): void;
  /** The same for a row whose snapshot was taken before. */
  admitSnapshot(identity: RowIdentity, snapshot: Snapshot): void;
  /** No more rows come. */
  close(): void;
  /** The batch's counters at this moment. */
  stats(): BatchStats;
  /** Puts the end of the batch, with these counters, on record; resolves when that is durable. */
  recordEnd(stats: BatchStats): Promise<void>;
  /** To be called once, when nothing of the batch runs any more. */
  release(): void;
}

/** Fewer rows are not worth a look at the queue while more are coming in the same turn. */
const SMALLEST_GROUP = 32;

/** Opens batches and takes their rows in: snapshot, then record, then queue. */
export class Intake {
  readonly #parts: IntakeParts;
  #nextSequence = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  open(options: IntakeOptions, deliver: (entries: readonly Entry<unknown>[]) => void): OpenBatch {
    const { gauge, trail, about } = this.#parts;
    const batch = this.#makeBatch(options, deliver);
    trail?.batchStarted(batch, about());
    const admission = this.#admissionOf();
    return {
      batch,
      admit: (context) => {
        const row = batch.admit(context, this.#nextSequence++);
        if (row !== undefined) admission.add(row);
      },
      admitSnapshot: (identity, snapshot) => {
        const row = batch.admitSnapshot(identity, snapshot, this.#nextSequence++);
        if (row !== undefined) admission.add(row);
      },
      close: () => {
        admission.flush();
        batch.close();
      },
      stats: () => this.#statsOf(batch),
      recordEnd: async (stats) => trail?.batchEnded(batch, stats),
      release: () => {
        gauge.release(batch.counter);
      },
    };
  }

  #makeBatch(options: IntakeOptions, deliver: (entries: readonly Entry<unknown>[]) => void): Batch {
    const { clock, gauge, totals, throttle, trail } = this.#parts;
    const { runId = randomUUID(), onProgress } = options;
    const reporter = onProgress && new ProgressReporter(onProgress, clock, () => throttle.currentDelayMs);
    const batch: Batch = new Batch({
      runId,
      batchId: randomUUID(),
      clock,
      counter: gauge.lease(),
      generatedIds: options.generatedIds,
      stats: totals.forBatch(),
      record: trail && ((entries) => trail.entriesReady(batch, entries)),
      deliver,
      onChange: reporter && ((changed) => reporter.report(changed)),
    });
    return batch;
  }

  #admissionOf(): Admission {
    const { clock, dispatcher, trail } = this.#parts;
    const enqueue = (rows: readonly BatchRow[]) => {
      dispatcher.enqueue(rows);
    };
    const recordAndEnqueue = (writer: TrailWriter) => (rows: readonly BatchRow[]) => {
      const next = () => {
        enqueue(rows); // if they could not be recorded their batch has been ended, and they end with it
      };
      writer.rowsAdmitted(rows).then(next, next);
    };
    return new Admission(
      clock,
      () => Math.max(SMALLEST_GROUP, dispatcher.sliceSize),
      trail === undefined ? enqueue : recordAndEnqueue(trail),
    );
  }

  #statsOf(batch: Batch): BatchStats {
    const { throttle, gauge } = this.#parts;
    const { currentDelayMs } = throttle;
    return batch.stats.snapshot({ currentDelayMs, maxConcurrentReached: gauge.highest(batch.counter) });
  }
}
