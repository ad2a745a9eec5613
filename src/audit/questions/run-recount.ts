import type { AuditRecord, BatchRecord } from '../audit-trail.ts';
import type { RunSummary } from '../stored-record.ts';
import type { BatchDrift, RunReport, SlowAttempt } from './audit-report.ts';
import { BatchRecount } from './batch-recount.ts';
import { describeConcurrency } from './concurrency.ts';
import type { RecordOf } from './readable-trail.ts';
import { isTerminal, resultOf, RESULTS, RowLedger, type RowResult } from './row-ledger.ts';
import { Spans } from './spans.ts';
import { StatsTally } from './stats-tally.ts';
import { StoppedBatches } from './stopped-batches.ts';

const MOST_SLOW = 10;

/** Sums up a run from its records. They are to be given in their order; calls are not needed. */
export class RunRecount {
  readonly #ledger = new RowLedger();
  readonly #tally = new StatsTally();
  readonly #stopped = new StoppedBatches();
  readonly #slices = new Spans();
  /** Batches that have not ended, by id. */
  readonly #open = new Map<string, BatchRecount>();
  /** Rows that have succeeded and have no entry yet, by state id: a batch that continues the run takes their results over. */
  readonly #withoutEntry = new Set<string>();
  readonly #outcomes: { -readonly [Key in keyof RunReport['outcomes']]: RunReport['outcomes'][Key] } = {};
  readonly #slowest: SlowAttempt[] = [];
  readonly #drifts: BatchDrift[] = [];
  #firstTransform: BatchRecord['transform'] | undefined;
  #transform: BatchRecord['transform'] | undefined;

  add(record: AuditRecord): void {
    this.#stopped.add(record);
    const batch = this.#open.get(record.batchId);
    batch?.add(record);
    switch (record.kind) {
      case 'batch':
        this.#addBatch(record);
        break;
      case 'row':
        this.#ledger.note(record.rowIndex, { submitted: true });
        break;
      case 'attempt':
        this.#addAttempt(record);
        break;
      case 'entry':
        this.#ledger.note(record.rowIndex, { result: resultOf(record) });
        this.#withoutEntry.delete(record.stateId);
        break;
      case 'batch-end':
        this.#endBatch(record, batch);
        break;
      case 'call':
      case 'dispatch':
    }
  }

  /** To be called once, after the last record. */
  report(summary: RunSummary): RunReport {
    for (const batch of this.#open.values()) this.#slices.append(batch.close());
    const { results, rowsByAttempts } = this.#rows();
    let unfinished = 0;
    for (const result of RESULTS) if (!isTerminal(result)) unfinished += results[result] ?? 0;
    return {
      ...summary,
      stopped: this.#stopped.wasStopped(unfinished),
      ...(this.#transform === undefined ? {} : { transform: this.#transform }),
      drifts: this.#drifts,
      results,
      rowsByAttempts,
      outcomes: this.#outcomes,
      slowest: this.#slowest,
      concurrency: describeConcurrency(this.#slices),
      stats: this.#tally.report(),
    };
  }

  #addBatch(record: RecordOf<'batch'>): void {
    const { batchId, at, transform, continues } = record;
    this.#open.set(batchId, new BatchRecount(record, this.#withoutEntry.size));
    this.#firstTransform ??= transform;
    this.#transform = transform;
    if (continues === undefined || continues.drift.length === 0) return;
    const isOther = transform.sha256 !== this.#firstTransform.sha256;
    this.#drifts.push({ batchId, at, drift: continues.drift, ...(isOther ? { transform } : {}) });
  }

  #addAttempt(record: RecordOf<'attempt'>): void {
    const { stateId, rowIndex, attempt, outcome } = record;
    if (outcome === 'ok') this.#withoutEntry.add(stateId);
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    this.#ledger.note(rowIndex, { attempts: attempt, outcome });
    this.#noteTime(record);
  }

  #noteTime({ stateId, rowIndex, attempt, outcome, startedAt, finishedAt }: RecordOf<'attempt'>): void {
    const ranMs = finishedAt - startedAt;
    const slower = this.#slowest.findLastIndex((other) => other.ranMs >= ranMs) + 1;
    if (slower >= MOST_SLOW) return;
    this.#slowest.splice(slower, 0, { stateId, rowIndex, attempt, outcome, ranMs });
    this.#slowest.length = Math.min(this.#slowest.length, MOST_SLOW);
  }

  #endBatch(record: RecordOf<'batch-end'>, batch: BatchRecount | undefined): void {
    if (batch === undefined) return; // its beginning is gone: that is for `verify` to say
    this.#tally.add(record.batchId, batch.check(record));
    this.#slices.append(batch.close());
    this.#open.delete(record.batchId);
  }

  #rows(): Pick<RunReport, 'results' | 'rowsByAttempts'> {
    const results: Partial<Record<RowResult, number>> = {};
    const rowsByAttempts: number[] = [];
    this.#ledger.forEach((_rowIndex, { result, attempts }) => {
      results[result] = (results[result] ?? 0) + 1;
      while (rowsByAttempts.length <= attempts) rowsByAttempts.push(0);
      rowsByAttempts[attempts] = (rowsByAttempts[attempts] as number) + 1;
    });
    return { results, rowsByAttempts };
  }
}
