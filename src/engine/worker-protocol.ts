import type { MessagePort } from 'node:worker_threads';
import type { CallEvent } from '../core/call-event.ts';
import type { SliceJob, SliceReturn } from './slice-runner.ts';

/** What a worker needs to know once. */
export interface WorkerSetup {
  readonly transformUrl: string;
  readonly exportName: string;
  readonly gauge: SharedArrayBuffer;
  readonly lanes: SharedArrayBuffer;
  /** One cell that becomes 1, with a notification, when the executor is being destroyed. */
  readonly destroying: SharedArrayBuffer;
  /** Origin of the lanes' clock, in ms on the shared monotonic clock. */
  readonly originMs: number;
  readonly attemptTimeoutMs: number | undefined;
  /** Whether external calls are put on record. */
  readonly recordCalls: boolean;
}

export interface WorkerTask {
  /** Sent until the worker has it: which worker takes a task is not known beforehand. */
  readonly setup?: WorkerSetup;
  readonly lane?: number;
  readonly job?: SliceJob;
}

export type WorkerReply =
  | { readonly kind: 'setup-needed' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'load-failed'; readonly message: string; readonly cause: unknown }
  | { readonly kind: 'slice'; readonly threadId: number; readonly slice: SliceReturn };

/** Sent once by a worker that records calls: the port at which it expects a {@link CallService}. */
export interface CallPortMessage {
  readonly pooledExecutorCalls: MessagePort;
}

/** What the dispatching thread exposes to its workers through Comlink. */
export interface CallService {
  /** Resolves when the event is durable. */
  record(sliceId: number, event: CallEvent): Promise<void>;
}
