import type { MessagePort } from 'node:worker_threads';
import type { CallEvent } from '../core/call-event.ts';
import type { MovedContent } from '../core/moved.ts';
import type { RowError } from '../core/row-error.ts';
import type { GlobalsWatch } from './watched-globals.ts';
import type { SliceJob, SliceReturn } from './slice-columns.ts';

/** What a worker of any kind needs to know once. */
export interface WorkerSetup {
  readonly transformUrl: string;
  readonly exportName: string;
  /** Origin of the lanes' clock, in ms on the shared monotonic clock. */
  readonly originMs: number;
  readonly attemptTimeoutMs: number | undefined;
  /** Whether external calls are put on record. */
  readonly recordCalls: boolean;
  /** Whether what becomes of rows is put on record outside of the process. */
  readonly recordsLeave: boolean;
  /** Whether replies say how much heap is in use. */
  readonly watchGlobals: GlobalsWatch;
  readonly reportHeap: boolean;
}

/** The memory that threads share with the dispatching thread. */
export interface SharedMemory {
  readonly gauge: SharedArrayBuffer;
  readonly lanes: SharedArrayBuffer;
  /** Of {@link KeptOutcomes}. */
  readonly kept: SharedArrayBuffer;
  /** One cell that becomes 1, with a notification, when the executor is being destroyed. */
  readonly destroying: SharedArrayBuffer;
}

export type SetupTask = { readonly setup: WorkerSetup; readonly memory?: SharedMemory | undefined };
export interface SliceTask {
  readonly lane: number;
  /** As in a {@link Slice}. */
  readonly behind?: number | undefined;
  readonly job: SliceJob;
}
/** The first task of a worker is its setup. */
export type WorkerTask = SetupTask | SliceTask | GlobalsAnswer;

export type WorkerReply =
  /** It is set up, or has taken note of an answer. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'load-failed'; readonly message: string; readonly cause: unknown }
  | SliceReply;

export interface SliceReply {
  readonly kind: 'slice';
  readonly slice: SliceReturn;
  /** A row that was handed over, and has to be run again. */
  readonly unfinished?: MovedContent | undefined;
  /** In use, garbage included; absent unless asked for. */
  readonly heapMb?: number | undefined;
}

/** How a thread sends a {@link WorkerMessage}: the user's code may post what it likes at the same port, and so does `node --watch`. */
export interface MarkedMessage {
  readonly pooledExecutor: WorkerMessage;
}

/** The message of ours in one that a thread has sent; undefined in those of others. */
export function ownMessageIn(sent: unknown): WorkerMessage | undefined {
  if (typeof sent !== 'object' || sent === null) return undefined;
  return (sent as Partial<MarkedMessage>).pooledExecutor;
}

/** What a worker says unasked. */
export type WorkerMessage = CallPortMessage | WorkerNews;
/** What speaks against going on with it as if nothing were. */
export type WorkerNews = StrayError | GlobalsChange;

/** Sent once by a thread that records calls: the port at which it expects a {@link CallService}. */
export interface CallPortMessage {
  readonly kind: 'calls';
  readonly port: MessagePort;
}

/** Something threw outside of any row's own time: a timer, an event handler, a promise that nobody looks at. */
export interface StrayError {
  readonly kind: 'stray';
  /** The row that started it; undefined when none did, as for what the module itself started. */
  readonly row: { readonly stateId: string; readonly attempt: number } | undefined;
  /** Whether that row was still running, and failed with it. */
  readonly charged: boolean;
  readonly error: RowError;
}

/** Rows have changed what later rows on the worker would find changed. It starts none until it has the answer. */
export interface GlobalsChange {
  readonly kind: 'globals';
  /** One of these has done it, by state id; `count` is 1 where it is known which. */
  readonly rows: { readonly first: string; readonly last: string; readonly count: number };
  /** Such as `globalThis.cache`, `process.on('exit')`. */
  readonly changes: readonly string[];
  /** How many more there are than `changes` tells. */
  readonly others: number;
}

/** The worker may go on. There is none where it is replaced. */
export interface GlobalsAnswer {
  /** Changes that need not be told any more. */
  readonly accepted: readonly string[];
  /** Nothing need be looked at any more. */
  readonly stopLooking: boolean;
}

/** What the dispatching thread exposes to its workers through Comlink. */
export interface CallService {
  /** Resolves when the event is durable. */
  record(sliceId: number, event: CallEvent): Promise<void>;
}
