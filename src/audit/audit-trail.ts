import type { RowError } from '../core/row-error.ts';
import type { BatchStats } from '../core/stats.ts';
import type { Entry } from '../core/entry.ts';
import type { TransformResult } from '../core/transform-result.ts';

/**
 * Where everything that happens to a row is put on record. `append` resolves when the records are durable, in the order
 * of its calls; when it rejects, the executor ends all batches rather than emit an unrecorded result.
 */
export interface AuditTrail {
  append(records: readonly AuditRecord[]): Promise<void>;
  /** Releases what the trail holds. The executor never closes a trail that it was given. */
  close(): Promise<void>;
  /**
   * What the trail knows of a run, so that it can be continued; undefined when it has no record of it. A trail without
   * this method can't continue runs.
   */
  history?(runId: string): Promise<RunHistory | undefined>;
  /**
   * What a batch is to say of itself on record, given what its executor would say; by that it is also judged whether it can
   * continue a run. For programs that wrap the user's transform into one of their own.
   */
  describe?(batch: BatchDescription): BatchDescription;
  /** Whether the records are still there when the process has died: then every dispatch is recorded too. */
  readonly outlivesProcess?: boolean;
}

/** What is on record of a run. */
export interface RunHistory {
  readonly runId: string;
  /** The first batch of the run: what it began with. */
  readonly batch: RecordOrigin & BatchRecord;
  /** How many rows were submitted. */
  readonly rowCount: number;
  /** All rows in outline, page by page, in the order in which they were first submitted. */
  outlines(): AsyncIterable<readonly RowOutline[]>;
  /**
   * The {@link RowOutline.requestSha256} that a request has on this trail, where that is not the hash of all its content, as
   * the trail redacts it. May change the request that it is given.
   */
  requestSha256Of?(request: unknown): string;
  /** The same rows with all that it needs to go on with them, in the same order. */
  rows(): AsyncIterable<readonly RowHistory[]>;
}

/** Which row it was, and whether it is done. */
export interface RowOutline {
  readonly stateId: string;
  readonly rowIndex: number;
  readonly requestSha256: string;
  /** What its entry says, if it has one that counts: {@link RowHistory.entry}. */
  readonly entry?: TransformResult<unknown>['status'];
  /** What its last attempt has come to, if no entry is newer: {@link RowHistory.result}. */
  readonly result?: TransformResult<unknown>['status'];
}

/** What is on record of one row. */
export interface RowHistory {
  readonly stateId: string;
  readonly rowIndex: number;
  /** Number of the last attempt on record, ended or merely dispatched; 0 for none. */
  readonly attempts: number;
  /** Number of the attempt that was dispatched and never ended: it ran, or waited to, when the process died. */
  readonly openAttempt?: number;
  /** The index that the row's next external call gets. */
  readonly nextCallIndex: number;
  /** Its last entry; none when that said `aborted` or `shutdown_requested`, as the row never finished. */
  readonly entry?: Entry<unknown>;
  /** The result of its last attempt, if no entry is newer: it was on its way out when the process died. */
  readonly result?: TransformResult<unknown>;
}

/** Which run and batch a record belongs to, and when it was made (epoch ms). */
export interface RecordOrigin {
  readonly runId: string;
  readonly batchId: string;
  readonly at: number;
}

export type AuditRecord = RecordOrigin &
  (BatchRecord | BatchEndRecord | RowRecord | DispatchRecord | AttemptRecord | CallRecord | EntryRecord);

/** A batch begins: the options in force and which transform runs. */
export interface BatchRecord {
  readonly kind: 'batch';
  readonly options: Readonly<Record<string, unknown>>;
  readonly transform: { readonly url: string; readonly sha256: string };
  /** Only in a batch that continues its run. */
  readonly continues?: {
    /** What differed from the run's first batch and was allowed to, one sentence part each. */
    readonly drift: readonly string[];
    /** Whether rows whose result was an error run again. */
    readonly retryFailed: boolean;
  };
}

/** Which options and which transform the results of a batch come from. */
export type BatchDescription = Pick<BatchRecord, 'options' | 'transform'>;

export interface BatchEndRecord {
  readonly kind: 'batch-end';
  readonly stats: BatchStats;
  /**
   * Only in a batch that continues its run: how many entries of earlier batches were given out again. `stats` counts them
   * as submitted, as successes and as errors, though this batch has no record of them; all else it counts is on record here.
   */
  readonly givenBack?: { readonly successes: number; readonly errors: number };
  /** Only, and then `false`, when a stream was stopped, or its source failed, before all rows of the source had been taken. */
  readonly sourceEnded?: false;
}

/** A row was submitted. Durable before its first attempt is dispatched. */
export interface RowRecord {
  readonly kind: 'row';
  readonly stateId: string;
  readonly rowIndex: number;
  readonly request: unknown;
  /**
   * SHA-256 of the request's JSON text, of its structured-clone bytes when JSON can't carry it; where the trail redacts it,
   * of what it keeps.
   */
  readonly requestSha256: string;
}

/**
 * A slice was handed to a worker. Only in trails that outlive the process: there it tells which attempts were under way
 * when the process died.
 */
export interface DispatchRecord {
  readonly kind: 'dispatch';
  readonly sliceId: number;
  /** The rows of the slice, by `rowIndex`. */
  readonly rowIndices: readonly number[];
  /** The number of the attempt of each of these rows. */
  readonly attempts: readonly number[];
}

/**
 * An attempt ended. Durable before the row's entry reaches the caller. Instants are epoch ms.
 *
 * The attempt that was under way when its process died is closed by the batch that continues the run: outcome `lost`,
 * `threadId` and `sliceId` -1, and all instants those of the continuation, as the true ones are not known.
 */
export interface AttemptRecord {
  readonly kind: 'attempt';
  readonly stateId: string;
  readonly rowIndex: number;
  /** Counts from 1. */
  readonly attempt: number;
  readonly outcome: 'ok' | 'capacity' | 'failed' | 'lost';
  /** With outcome `ok`. */
  readonly response?: unknown;
  /** With every other outcome. */
  readonly error?: RowError;
  readonly threadId: number;
  readonly sliceId: number;
  readonly dispatchedAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The throttle's delay in force when the attempt was dispatched. */
  readonly delayMs: number;
  /** The wait ordered after this attempt, else 0. */
  readonly backoffMs: number;
  /** With a `backoffMs` above 0: the throttle's delay in force when that wait was ordered. The highest is `peakDelayMs`. */
  readonly delayAfterMs?: number;
}

/** One side of an external call made by `context.call`. `callIndex` counts per row, over all its attempts. */
export interface CallRecord {
  readonly kind: 'call';
  readonly stateId: string;
  readonly callIndex: number;
  readonly attempt: number;
  readonly name: string;
  readonly phase: 'request' | 'response' | 'error';
  readonly request?: unknown;
  readonly response?: unknown;
  readonly error?: RowError;
}

/** A row ended. Durable before the entry reaches the caller. */
export interface EntryRecord extends Entry<unknown> {
  readonly kind: 'entry';
}
