import type { DispatchedRows, RecordedAttempts } from './audit/trail-event.ts';
import type { Batch } from './batch.ts';

/** Told what happens to attempts, for the record. */
export interface DispatchObserver {
  /** The engine has begun to start: there is time until it is ready. */
  onEngineStart?(): void;
  /** A slice was handed to the engine. */
  onDispatch?(slice: StartedSlice): void;
  /** Attempts of one slice have ended. Called before any of their results is delivered. */
  readonly onAttempts?: ((slice: EndedSlice) => void) | undefined;
  /** There is a permit for which there is no row that may be sent. */
  readonly onPermitFree?: (() => void) | undefined;
  /** Nothing can run any more: the transform can't be loaded, or the engine is broken. */
  onFatal(error: Error): void;
}

/** A slice that is on its way. */
export interface StartedSlice {
  readonly batch: Batch;
  readonly sliceId: number;
  readonly rows: DispatchedRows;
}

/** A slice that came back. */
export interface EndedSlice {
  readonly batch: Batch;
  readonly sliceId: number;
  readonly threadId: number;
  readonly dispatchedAt: number;
  /** The throttle's delay in force at dispatch. */
  readonly delayMs: number;
  readonly attempts: RecordedAttempts;
}
