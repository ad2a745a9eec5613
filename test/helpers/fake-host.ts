import type { Host } from '../../src/engine/host.ts';
import type { KeptOutcome } from '../../src/engine/row-end.ts';
import type { WorkerReply, WorkerTask } from '../../src/engine/worker-protocol.ts';

/** A worker that does what the test says. It answers a task when the test settles the newest of {@link answers}. */
export class FakeHost implements Host {
  readonly id: number;
  readonly ended: Promise<Error>;
  readonly tasks: WorkerTask[] = [];
  readonly answers: PromiseWithResolvers<WorkerReply>[] = [];
  readonly #end = Promise.withResolvers<Error>();
  /** How rows of the slice that it runs have ended. */
  readonly kept: KeptOutcome[] = [];
  hasEnded = false;

  constructor(id: number) {
    this.id = id;
    this.ended = this.#end.promise;
  }

  run(task: WorkerTask): Promise<WorkerReply> {
    this.tasks.push(task);
    const answer = Promise.withResolvers<WorkerReply>();
    this.answers.push(answer);
    return answer.promise;
  }

  keptOutcomes(): readonly KeptOutcome[] {
    return this.kept;
  }

  terminate(): void {
    this.end(new Error('terminated'));
  }

  /** It ends by itself, with this reason. */
  end(reason: Error): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#end.resolve(reason);
    for (const answer of this.answers) answer.reject(reason);
  }
}
