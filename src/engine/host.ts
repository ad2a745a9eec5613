import type { KeptOutcome } from './row-end.ts';
import type { WorkerReply, WorkerTask } from './worker-protocol.ts';

/** One worker, a thread or a process, from its start to its end. It starts when it is made, and is never restarted. */
export interface Host {
  /** Thread or process id; what the trail calls `threadId`. */
  readonly id: number;
  /** Resolves with the reason when nothing of it runs any more, however it ended. Never rejects. */
  readonly ended: Promise<Error>;
  /** Gives it a task. Rejects with the reason when it ends before it has answered, and not before it has ended. */
  run(task: WorkerTask): Promise<WorkerReply>;
  /** How the rows of the lane's slice ended, from the first on, as far as they did. */
  keptOutcomes(lane: number): readonly KeptOutcome[];
  /** Ends it, whatever it does at the time. */
  terminate(): void;
}
