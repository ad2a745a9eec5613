import { randomUUID } from 'node:crypto';
import { Admission } from './admission.ts';
import type { BatchRecord } from './audit/audit-trail.ts';
import { Batch, type BatchRow, type Outlet } from './batch.ts';
import type { ContinuedRow, UnfinishedRow } from './continuation.ts';
import type { Clock } from './core/clock.ts';
import { Snapshots, type Snapshot } from './core/snapshot.ts';
import type { BatchStats, StatsCounter } from './core/stats.ts';
import type { Throttle } from './core/throttle/throttle.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ConcurrencyGauge } from './engine/concurrency-gauge.ts';
import type { BatchOptions } from './options.ts';
import type { RowName } from './pending-row.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { RecordedAdmission } from './recorded-admission.ts';
import type { RowPast, TrailWriter } from './trail-writer.ts';

export interface IntakeOptions extends BatchOptions {
  /** Whether the rows' state ids are those of `generatedStateId`. */
  readonly generatedIds: boolean;
}

export interface IntakeParts {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly throttle: Throttle;
  readonly gauge: ConcurrencyGauge;
  /** Whether large rows may cross in shared memory. */
  readonly sharesBytes: boolean;
  /** The executor's counts. */
  readonly totals: StatsCounter;
  readonly trail: TrailWriter | undefined;
}

/** A batch and the way into it. */
export interface OpenBatch {
  readonly batch: Batch;
  /** Puts the beginning of the batch on record. To be called once, before anything else is. */
  recordStart(about: Omit<BatchRecord, 'kind'>): void;
  /** Takes a row in, which without a name is called by its place; it is dispatched when it is on record. */
  admit(row: unknown, name?: RowName): void;
  /** The same for a row whose snapshot was taken before; `submittedAt` is when it was handed over. */
  admitSnapshot(snapshot: Snapshot, submittedAt: number, name?: RowName): void;
  /** Takes in a row that was submitted before, in a batch that continues the run. */
  readmit(row: ContinuedRow): void;
  /** No more rows come. */
  close(): void;
  /** The batch's counters at this moment. */
  stats(): BatchStats;
  /**
   * Puts the end of the batch, with these counters, on record if its beginning is; resolves when that is durable.
   *
   * @param sourceEnded whether it has had all rows that there are
   */
  recordEnd(stats: BatchStats, sourceEnded: boolean): Promise<void>;
  /** To be called once, when nothing of the batch runs any more. */
  release(): void;
}

/** Fewer rows are not worth a look at the queue while more are coming in the same turn. */
const SMALLEST_GROUP = 32;

/** The way of a batch's rows into the queue. */
interface RowAdmission extends Pick<Admission, 'add' | 'flush'> {
  /** Like `add`, for a row that was submitted before. */
  resume(row: BatchRow, past: RowPast): void;
}

/** Opens batches and takes their rows in: snapshot, then record, then queue. */
export class Intake {
  readonly #parts: IntakeParts;
  #nextSequence = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** For the snapshots of all rows of one batch, from the first one on. */
  newSnapshots(): Snapshots {
    const { trail, sharesBytes } = this.#parts;
    if (trail !== undefined) return new Snapshots(false); // a record wants each row by itself
    return new Snapshots(true, { sharesBytes });
  }

  open(options: IntakeOptions, outlet: Outlet): OpenBatch {
    const { gauge, trail } = this.#parts;
    const batch = this.#makeBatch(options, outlet);
    const admission = this.#admissionOf();
    const givenBack = { successes: 0, errors: 0 };
    let started: Omit<BatchRecord, 'kind'> | undefined;
    return {
      batch,
      recordStart: (about) => {
        started = about;
        trail?.batchStarted(batch, about);
      },
      admit: (row, name) => {
        const admitted = batch.admit(row, name, this.#nextSequence++);
        if (admitted !== undefined) admission.add(admitted);
      },
      admitSnapshot: (snapshot, submittedAt, name) => {
        const row = batch.admitSnapshot(name, snapshot, this.#nextSequence++, submittedAt);
        if (row !== undefined) admission.add(row);
      },
      readmit: (continued) => {
        if (continued.kind === 'recorded') {
          givenBack[continued.entry.result.status === 'success' ? 'successes' : 'errors']++;
          batch.giveBack(continued.entry);
        } else {
          this.#resume(batch, continued, admission);
        }
      },
      close: () => {
        admission.flush();
        batch.close();
      },
      stats: () => this.#statsOf(batch),
      recordEnd: async (stats, sourceEnded) => {
        if (started === undefined) return;
        await trail?.batchEnded(batch, {
          stats,
          ...(started.continues === undefined ? {} : { givenBack }),
          ...(sourceEnded ? {} : { sourceEnded }),
        });
      },
      release: () => {
        gauge.release(batch.counter);
      },
    };
  }

  /** A row goes on where its record ends; one that can't be cloned has its entry already. */
  #resume(batch: Batch, continued: UnfinishedRow, admission: RowAdmission): void {
    const { snapshot, ...identity } = continued.row;
    const { past, result, changed } = continued;
    const row = batch.admitSnapshot(identity, snapshot, this.#nextSequence++);
    if (row === undefined || past === undefined) return;
    row.attempt = past.attempts;
    if (result !== undefined) {
      batch.complete(row, result, row.submittedAt);
      batch.flush();
      return;
    }
    row.noteCalls(past.nextCallIndex);
    if (past.openAttempt !== undefined) batch.stats.onAttempt(false); // it is on record in this batch that it was lost
    admission.resume(row, { past, changed });
  }

  #makeBatch(options: IntakeOptions, outlet: Outlet): Batch {
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
      snapshots: this.newSnapshots(),
      record: trail && ((entries) => trail.entriesReady(batch, entries)),
      outlet,
      onChange: reporter && ((changed) => reporter.report(changed)),
    });
    return batch;
  }

  #admissionOf(): RowAdmission {
    const { clock, dispatcher, trail } = this.#parts;
    const enqueue = (rows: readonly BatchRow[]) => {
      dispatcher.enqueue(rows);
    };
    const recorded = trail && new RecordedAdmission(trail, enqueue);
    const groups = new Admission(
      clock,
      () => Math.max(SMALLEST_GROUP, dispatcher.sliceSize),
      recorded === undefined ? enqueue : (rows) => recorded.pass(rows),
    );
    return {
      add: (row) => groups.add(row),
      flush: () => groups.flush(),
      resume: (row, past) => {
        recorded?.notePast(row, past);
        groups.add(row);
      },
    };
  }

  #statsOf(batch: Batch): BatchStats {
    const { throttle, gauge } = this.#parts;
    const { currentDelayMs } = throttle;
    return batch.stats.snapshot({ currentDelayMs, maxConcurrentReached: gauge.highest(batch.counter) });
  }
}
