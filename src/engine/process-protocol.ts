import type { CallEvent } from '../core/call-event.ts';
import type { RowEnd } from './row-end.ts';
import type {
  GlobalsAnswer,
  SetupTask,
  SliceReply,
  SliceTask,
  WorkerNews,
  WorkerReply,
} from './worker-protocol.ts';

/** The pipe by which a worker process reports: file descriptor, and index in `stdio`. */
export const REPORT_FD = 4;

/** What a worker process is told, over IPC. */
export type ProcessMessage =
  | { readonly kind: 'set-up'; readonly task: SetupTask; readonly workerData: Uint8Array }
  /** `rows` is what the job's rows are where these may be more than text; bytes by `toBytes`, like `workerData`. */
  | { readonly kind: 'run'; readonly task: SliceTask; readonly rows?: Uint8Array | undefined }
  | { readonly kind: 'answer'; readonly answer: GlobalsAnswer }
  /** Stop before the next row. */
  | { readonly kind: 'cancel'; readonly lane: number }
  /** The executor is being shut down. */
  | { readonly kind: 'abort-all' }
  /** A call is durable, or, with an error, never will be. */
  | { readonly kind: 'call-recorded'; readonly id: number; readonly error?: string | undefined };

/** What a worker process reports, each before it goes on. */
export type ProcessReport =
  | { readonly kind: 'set-up'; readonly reply: WorkerReply }
  | LaneReport
  /** The slice is over. Its outcomes were reported row by row. */
  | { readonly kind: 'slice'; readonly lane: number; readonly reply: SliceReply }
  | { readonly kind: 'call'; readonly id: number; readonly sliceId: number; readonly event: CallEvent }
  | WorkerNews;

/** What a thread would write into its lane. */
export type LaneReport = { readonly kind: 'lane'; readonly lane: number } & (
  | { readonly step: 'open' | 'await' | 'resume' | 'leave' }
  | { readonly step: 'enter'; readonly counter: number }
  | { readonly step: 'begin'; readonly row: number; readonly startedMs: number }
  | { readonly step: 'end'; readonly end: RowEnd }
  | { readonly step: 'blame'; readonly isCulprit: boolean }
);
