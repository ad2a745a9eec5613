import type { Outcome } from '../core/outcome.ts';
import type { ConcurrencyGauge } from './concurrency-gauge.ts';
import type { CallEvent } from '../core/call-event.ts';
import type { Moved } from '../core/moved.ts';
import type { PlacedSnapshot } from '../core/snapshot.ts';
import type { Encoded, EncodedList } from '../core/codec.ts';
import type { TextRows } from '../core/text-rows.ts';

/** One row of a slice. */
export interface SliceRow extends PlacedSnapshot {
  readonly stateId: string;
  readonly rowIndex: number;
  /** Number of the attempt that this run is. */
  readonly attempt: number;
  /** Index of the next `context.call` of the row. */
  readonly nextCallIndex: number;
}

/** Consecutive rows of one batch for one worker, which runs them one after another. */
export interface Slice {
  readonly sliceId: number;
  /** No two slices that workers have share one; from 0 to twice `poolSize`, exclusively. */
  readonly lane: number;
  /**
   * Lane of the slice that runs before this one on the same worker. This one begins as soon as that one is over, if
   * that one {@link ranSmoothly}; else it comes back untouched. Undefined when it may begin at once.
   */
  readonly behind?: number | undefined;
  /** The batch's counter in the gauge. */
  readonly counter: number;
  /** Whether the rows' state ids are those of `generatedStateId`, so that they need not be sent. */
  readonly generatedIds: boolean;
  /** Whether nothing else may run on the worker meanwhile, as the row may end it, or would be lost with it. */
  readonly alone: boolean;
  /** The snapshot of its only row, where that is handed on to the worker: to be put back if it comes back unfinished. */
  readonly moved?: Moved | undefined;
  readonly rows: readonly SliceRow[];
  /** The same rows by columns, where all of them run for the first time: to be asked for first, as it is cheaper. */
  readonly columns?: FreshColumns | undefined;
}

/** Rows that run for the first time. */
export interface FreshColumns {
  readonly count: number;
  readonly rows: EncodedList;
  /** Index of the first row; the others follow. */
  readonly firstRowIndex: number;
  /** What the rows are called, where that is not by these indices. */
  readonly names: readonly Pick<SliceRow, 'rowIndex' | 'stateId'>[] | undefined;
}

/** What became of the rows of a slice. Rows from `outcomes.length` on were never started. */
export interface SliceReport {
  readonly threadId: number;
  /** Unpacked each time it is read: not to be taken out of the report where it may not be needed. */
  readonly outcomes: readonly Outcome[];
  /** The outputs, where all rows have succeeded and these are strings that crossed the boundary together. */
  readonly texts?: TextRows | undefined;
  /** The outputs of the successful rows by position, as they crossed the boundary, where the trail may want them. */
  readonly encoded?: readonly Encoded[] | undefined;
  /** Whether any row was refused or lost, so that what comes next depends on the outcomes. */
  readonly disturbed: boolean;
  /** It ended before its last row as its results left no room for more. */
  readonly isFull?: true | undefined;
  /** `startedAt` and `finishedAt` of row i at 2i and 2i + 1, in ms on the executor's monotonic clock. */
  readonly times: Float64Array;
  /** Index of the next `context.call` per row; undefined when no row made one. */
  readonly nextCallIndices?: readonly number[] | undefined;
}

/** Whether all `rows` of a slice ran and none was refused or lost: whatever comes next may come at once. */
export function ranSmoothly(
  { times, disturbed }: { readonly times: ArrayLike<number>; readonly disturbed: boolean },
  rows: number,
): boolean {
  return times.length === 2 * rows && !disturbed;
}

/** The report of a slice that came back untouched. */
export const NOTHING_STARTED: SliceReport = {
  threadId: 0,
  outcomes: [],
  disturbed: true,
  times: new Float64Array(0),
};

/** Throws for a clone that can't go where clones have to go; see {@link ensurePortable}. */
export type EnsureSendable = (clone: unknown) => void;

/** Puts a call on record; resolves when that is durable. */
export type CallRecorder = (sliceId: number, event: CallEvent) => Promise<void>;

/** Where attempts run. */
export interface Engine {
  readonly gauge: ConcurrencyGauge;
  /** How many threads run rows. */
  readonly threads: number;
  /** How many slices there may be for each permit: 2 where {@link takesBehind} may be true, else 1. */
  readonly slicesPerPermit: 1 | 2;
  /** Whether those threads can read shared memory of this one, and can be handed buffers. */
  readonly sharesMemory: boolean;
  /** Throws for a clone of a row that can't be sent to where rows run; undefined where every clone can. */
  readonly ensureSendable?: EnsureSendable | undefined;
  /**
   * Loads the transform, once. Rejects with a {@link TransformLoadError} when that fails.
   *
   * @param rows how many wait for it: threads that none of these needs may start later. Default: more than there are threads
   */
  start(rows?: number): Promise<void>;
  /** So many rows wait for it by now, while it starts. */
  readonly expectRows?: ((rows: number) => void) | undefined;
  /**
   * Runs the rows of a slice in order until one is refused or `signal` is aborted, which stops before the next row.
   * Never rejects because of a row. Rejects when nothing can run any more.
   */
  run(slice: Slice, signal: AbortSignal): Promise<SliceReport>;
  /** Whether a slice may be sent {@link Slice.behind} the one on the lane. */
  takesBehind(lane: number): boolean;
  /** Takes back a slice that was sent behind another: none of its rows will run. False when it has begun. */
  recall(slice: Slice): boolean;
  /** Lets what runs finish, then frees all threads. */
  close(): Promise<void>;
  /** Ends what runs and frees all threads. */
  destroy(): Promise<void>;
}

const LOAD_FAILURE = Symbol.for('pooled-executor.TransformLoadError');

/** The user's module can't be loaded: it is missing, throws, or has no such export. */
export class TransformLoadError extends Error {
  override readonly name = 'TransformLoadError';
}
Object.defineProperty(TransformLoadError.prototype, LOAD_FAILURE, { value: true });

/** Also of one that was made by another copy of this package, as each worker's file is one. */
export function isTransformLoadError(reason: unknown): reason is TransformLoadError {
  return reason instanceof Error && LOAD_FAILURE in reason;
}

/** No worker could be started, for lack of something that may be there later: the next start tries again. */
export class WorkerStartError extends TransformLoadError {}
