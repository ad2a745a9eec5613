import type { AttemptRecord, BatchRecord } from '../audit-trail.ts';
import type { RunSummary } from '../stored-record.ts';
import type { ConcurrencyReport } from './concurrency.ts';
import type { RowResult } from './row-ledger.ts';
import type { CheckedCounter } from './stats-check.ts';

/** What happened in the runs of a trail, and whether the counters that the executor stated are true. */
export interface AuditReport {
  readonly runs: readonly RunReport[];
  /** Whether every counter that was stated agrees with the records. */
  readonly agrees: boolean;
}

/** What happened in one run. All instants are epoch ms, all durations ms. */
export interface RunReport extends RunSummary {
  /** Whether it was stopped before all of its input was done, and not continued since. */
  readonly stopped: boolean;
  /** Of the last batch. */
  readonly transform?: BatchRecord['transform'];
  /** The batches that continued the run although something differed from its first batch, in order. */
  readonly drifts: readonly BatchDrift[];
  /** What the rows came to, by number; `none` for those without an entry. */
  readonly results: Readonly<Partial<Record<RowResult, number>>>;
  /** How attempts ended, by number. */
  readonly outcomes: Readonly<Partial<Record<AttemptRecord['outcome'], number>>>;
  /** At position n: how many rows had n attempts. */
  readonly rowsByAttempts: readonly number[];
  /** The attempts that ran longest, the longest first. */
  readonly slowest: readonly SlowAttempt[];
  readonly concurrency: ConcurrencyReport;
  readonly stats: StatsReport;
}

/** What a batch continued its run in spite of. */
export interface BatchDrift {
  readonly batchId: string;
  /** When it began. */
  readonly at: number;
  /** What differed from the first batch, one sentence part each. */
  readonly drift: readonly string[];
  /** Only where its `sha256` is not that of the first batch. */
  readonly transform?: BatchRecord['transform'];
}

export interface SlowAttempt {
  readonly stateId: string;
  readonly rowIndex: number;
  readonly attempt: number;
  readonly outcome: AttemptRecord['outcome'];
  readonly ranMs: number;
}

/**
 * The counters of the batches that ended, compared with their records. As submitted, as success and as error a row counts in
 * each batch that had it, also in one that continues the run and took its result over from the record.
 */
export interface StatsReport {
  /** How many batches were checked: those that ended. */
  readonly batches: number;
  /** All these batches together: sums, and of `peakDelayMs` and `maxConcurrentReached` the highest. */
  readonly counters: readonly CheckedCounter[];
  /** Those that don't agree, by batch; the first {@link MOST_DIFFERENCES}. */
  readonly differences: readonly StatsDifference[];
  readonly differenceCount: number;
}

export interface StatsDifference extends CheckedCounter {
  readonly batchId: string;
}

export const MOST_DIFFERENCES = 100;
