import { randomUUID } from 'node:crypto';
import { Admission, type RowGroup } from './admission.ts';
import type { BatchRecord } from './audit/audit-trail.ts';
import { Batch, type BatchRow, type BatchRun } from './batch.ts';
import type { ContinuedRow, UnfinishedRow } from './continuation.ts';
import type { Clock } from './core/clock.ts';
import { ensureRecordable } from './core/portable.ts';
import { Snapshots, Uncloneable } from './core/snapshot.ts';
import type { BatchStats, StatsCounter } from './core/stats.ts';
import type { TextRows } from './core/text-rows.ts';
import type { Throttle } from './core/throttle/throttle.ts';
import type { Outlet } from './delivery.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Engine } from './engine/engine.ts';
import type { BatchOptions } from './options.ts';
import { PendingRow } from './pending-row.ts';
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
  readonly engine: Pick<Engine, 'gauge' | 'sharesMemory' | 'ensureSendable'>;
  /** The executor's counts. */
  readonly totals: StatsCounter;
  readonly trail: TrailWriter | undefined;
  /** Whether what is on record leaves the process. */
  readonly recordsLeave: boolean;
}

/** A batch and the way into it. */
export interface OpenBatch {
  readonly batch: Batch;
  /** Puts the beginning of the batch on record, where there is one. To be called once, before anything else is. */
  recordStart(about: Omit<BatchRecord, 'kind'> | undefined): void;
  /** Takes a row in, which is called by its place; it is dispatched when it is on record. */
  admit(row: unknown): void;
  /** The same for rows that were handed over together. */
  admitGroup(group: RowGroup): void;
  /** The same for texts. */
  admitTexts(rows: TextRows): void;
  /** Takes in a row that was submitted before, in a batch that continues the run. */
  readmit(row: ContinuedRow): void;
  /** No more rows come. */
  close(): void;
  /** The batch's counters at this moment. */
  stats(): BatchStats;
  /**
   * Puts the end of the batch, with these counters, on record if its beginning is; resolves when that is durable.
   *
   * @param sourceEnded whether it has had all rows that there are, and nobody has stopped it before all had their results
   */
  recordEnd(stats: BatchStats, sourceEnded: boolean): Promise<void>;
  /** To be called once, when nothing of the batch runs any more. */
  release(): void;
}

/** Fewer rows are not worth a look at the queue while more are coming in the same turn. */
const SMALLEST_GROUP = 32;

/** The way of a batch's rows into the queue. */
interface RowAdmission extends Pick<Admission, 'add' | 'addGroup' | 'addTexts' | 'flush'> {
  /** For a row that was submitted before. */
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
    const { trail, engine, recordsLeave } = this.#parts;
    const { sharesMemory } = engine;
    const ensureSendable = recordsLeave ? ensureRecordable : engine.ensureSendable;
    if (trail !== undefined) return new Snapshots(false, { ensureSendable }); // a record wants each row by itself
    return new Snapshots(true, { sharesBytes: sharesMemory, handsOn: sharesMemory, ensureSendable });
  }

  /** The counters of a batch that has not begun. */
  noStats(): BatchStats {
    const { totals, throttle } = this.#parts;
    const { currentDelayMs } = throttle;
    return totals.forBatch().snapshot({ currentDelayMs, maxConcurrentReached: 0 });
  }

  open(options: IntakeOptions, outlet: Outlet): OpenBatch {
    const { engine, trail } = this.#parts;
    const batch = this.#makeBatch(options, outlet);
    const admission = this.#admissionOf(batch);
    const givenBack = { successes: 0, errors: 0 };
    let started: Omit<BatchRecord, 'kind'> | undefined;
    return {
      batch,
      recordStart: (about) => {
        started = about;
        if (about !== undefined) trail?.batchStarted(batch, about);
      },
      admit: (row) => admission.add(row),
      admitGroup: (group) => admission.addGroup(group),
      admitTexts: (rows) => admission.addTexts(rows),
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
        engine.gauge.release(batch.counter);
      },
    };
  }

  /** A row goes on where its record ends; one that can't be cloned has its entry already. */
  #resume(batch: Batch, continued: UnfinishedRow, admission: RowAdmission): void {
    const { snapshot, ...name } = continued.row;
    const { past, result, changed } = continued;
    const place = {
      sequence: this.#takeSequence(1),
      submitIndex: batch.reserve(1),
      submittedAt: this.#parts.clock.now(),
      name,
    };
    if (snapshot instanceof Uncloneable) {
      batch.refuse({ ...place, snapshot: undefined }, snapshot);
      return;
    }
    if (past === undefined) return;
    const row: BatchRow = new PendingRow(batch, { ...place, snapshot });
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
    const { clock, engine, totals, throttle, trail } = this.#parts;
    const { runId = randomUUID(), onProgress } = options;
    const reporter = onProgress && new ProgressReporter(onProgress, clock, () => throttle.currentDelayMs);
    const batch: Batch = new Batch({
      runId,
      batchId: randomUUID(),
      clock,
      counter: engine.gauge.lease(),
      generatedIds: options.generatedIds,
      stats: totals.forBatch(),
      snapshots: this.newSnapshots(),
      record: trail && ((entries) => trail.entriesReady(batch, entries)),
      outlet,
      onChange: reporter && ((changed) => reporter.report(changed)),
    });
    return batch;
  }

  #admissionOf(batch: Batch): RowAdmission {
    const { clock, dispatcher, trail } = this.#parts;
    const enqueue = (run: BatchRun) => {
      dispatcher.enqueue(run);
    };
    const recorded = trail && new RecordedAdmission(trail, enqueue);
    const admission = new Admission({
      batch,
      clock,
      nextSequence: (rows) => this.#takeSequence(rows),
      groupSize: () => Math.max(SMALLEST_GROUP, dispatcher.sliceSize),
      pass: recorded === undefined ? enqueue : (run) => recorded.pass(run),
    });
    return {
      add: (row) => admission.add(row),
      addGroup: (group) => admission.addGroup(group),
      addTexts: (rows) => admission.addTexts(rows),
      flush: () => admission.flush(),
      resume: (row, past) => {
        recorded?.notePast(row, past);
        admission.resume(row);
      },
    };
  }

  #takeSequence(rows: number): number {
    const sequence = this.#nextSequence;
    this.#nextSequence += rows;
    return sequence;
  }

  #statsOf(batch: Batch): BatchStats {
    const { throttle, engine } = this.#parts;
    const { currentDelayMs } = throttle;
    return batch.stats.snapshot({
      currentDelayMs,
      maxConcurrentReached: engine.gauge.highest(batch.counter),
    });
  }
}
