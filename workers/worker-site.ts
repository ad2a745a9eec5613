import type { ConcurrencyGauge } from '../src/engine/concurrency-gauge.ts';
import type { CallRecorder, EnsureSendable } from '../src/engine/engine.ts';
import type { RowEnd } from '../src/engine/row-end.ts';
import type { WorkerNews } from '../src/engine/worker-protocol.ts';

/** Writes down, where the dispatching thread can read it without the worker's help, what becomes of the slices of one lane. */
export interface LaneWriter {
  /** The slice is taken up; false when it was taken back before. */
  open(): boolean;
  /** It counts in the gauge, also in this counter of its batch, until {@link leave}. */
  enter(counter: number): void;
  begin(row: number, startedMs: number): void;
  /** The row that began waits for a promise. */
  await(): void;
  /** What it waited for is there. */
  resume(): void;
  /** The row is over; false when its outcome can't be kept, and must leave with the slice. */
  end(end: RowEnd): boolean;
  /** As of a {@link SliceHost}. */
  readonly keptTexts?: (() => readonly string[]) | undefined;
  leave(): void;
  /** Whether to stop before the next row. */
  isCancelled(): boolean;
  /** The worker ends: whether the row that runs ends it. */
  blame(isCulprit: boolean): void;
}

/** What a kind of worker provides. */
export interface WorkerSite {
  /** As node:worker_threads has it when the transform is loaded. */
  readonly workerData: unknown;
  readonly gauge: ConcurrencyGauge;
  readonly recordCall: CallRecorder | undefined;
  /** As of a {@link SliceHost}. */
  readonly inColumns: boolean;
  /** As of a {@link SliceHost}. */
  readonly handsOn: boolean;
  /** As of a {@link SliceHost}. */
  readonly ensureSendable: EnsureSendable | undefined;
  readonly pause?: (() => Promise<void>) | undefined;
  /** Asked for once per lane. */
  laneWriter(lane: number): LaneWriter;
  /** Tells the dispatching thread. */
  tell(news: WorkerNews): void;
}
