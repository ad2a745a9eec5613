import type { RowError } from '../../core/row-error.ts';
import type { AttemptRecord, BatchRecord } from '../audit-trail.ts';
import type { Entry } from '../../core/entry.ts';

/** What a trail knows of one row of one run. All instants are epoch ms, all durations ms. */
export interface RowExplanation {
  readonly runId: string;
  readonly stateId: string;
  readonly rowIndex: number;
  /** How many batches of the run it was in: more than one when the run was continued before the row had its result. */
  readonly batches: number;
  /** Absent for a row that could not be cloned, of which only the entry is on record. */
  readonly submission?: RowSubmission;
  /** What was submitted in its place to earlier batches, in order; absent when it was always the same row. */
  readonly replaced?: readonly RowSubmission[];
  /** Those that ended, in order. */
  readonly attempts: readonly ExplainedAttempt[];
  /** The attempt that was dispatched and has no end on record: it runs now, or the process died. */
  readonly open?: OpenAttempt;
  /** Its entries in order: one, but for rows that were run again later, and none for one that never finished. */
  readonly entries: readonly ExplainedEntry[];
  /** What the row came to; undefined while it has not finished, and when it was cut off by an abort or a shutdown. */
  readonly result?: Entry<unknown>['result'];
}

export interface RowSubmission {
  readonly batchId: string;
  /** When the row was submitted; of a row without an entry, when it was recorded. */
  readonly at: number;
  readonly request: unknown;
  readonly requestSha256: string;
}

/** Why nothing happened for a while. */
export interface Wait {
  /**
   * - `turn`: for its record to be durable, threads that start, a permit, the rows before it, the gate between dispatches
   * - `backoff`: ordered after the refusal of the attempt before
   * - `worker`: dispatched, for its thread to begin: the message to it, and the rows before it in its slice
   */
  readonly for: 'turn' | 'backoff' | 'worker';
  readonly ms: number;
}

export interface ExplainedAttempt {
  readonly attempt: number;
  /** The batch that has its end on record. */
  readonly batchId: string;
  /** What it ran; only where the attempts of the row did not all run the same. */
  readonly transform?: BatchRecord['transform'];
  readonly outcome: AttemptRecord['outcome'];
  /** With outcome `ok`. */
  readonly response?: unknown;
  /** With every other outcome. */
  readonly error?: RowError;
  /** Absent, like all that follows of place and time, where the process died under the attempt. */
  readonly place?: AttemptPlace;
  readonly waits: readonly Wait[];
  /** The wait ordered after it; 0 for none. */
  readonly backoffMs: number;
  readonly calls: readonly ExplainedCall[];
  /** What else ran while it did; only where that was asked for. */
  readonly alongside?: readonly Neighbour[];
}

export interface AttemptPlace {
  readonly threadId: number;
  readonly sliceId: number;
  readonly dispatchedAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The throttle's delay in force at dispatch. */
  readonly delayMs: number;
}

export interface OpenAttempt {
  readonly attempt: number;
  /** As of {@link ExplainedAttempt}. */
  readonly transform?: BatchRecord['transform'];
  readonly sliceId: number;
  readonly dispatchedAt: number;
  readonly calls: readonly ExplainedCall[];
}

/** An external call. Without response and error it was under way when its record ends. */
export interface ExplainedCall {
  readonly callIndex: number;
  readonly name: string;
  readonly requestedAt: number;
  readonly request: unknown;
  readonly endedAt?: number;
  readonly response?: unknown;
  readonly error?: RowError;
}

export interface ExplainedEntry extends Entry<unknown> {
  readonly batchId: string;
  /** When it was recorded; then it was given out. */
  readonly at: number;
}

/** An attempt of another row that ran at the same time. */
export interface Neighbour {
  readonly stateId: string;
  readonly rowIndex: number;
  readonly attempt: number;
  readonly threadId: number;
  readonly startedAt: number;
  readonly finishedAt: number;
}
