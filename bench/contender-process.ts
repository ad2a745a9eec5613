import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders/contender.ts';

/** What one run took. */
export interface Run {
  /** From the call to the last output read. */
  readonly elapsedMs: number;
  /** Of all threads of the process. */
  readonly cpuMicros: number;
}

/** What such a process is asked, one thing at a time. */
export type ContenderRequest =
  /** To make rows of this `work`, and to keep what must come out of the first n of them, at n. */
  | { readonly kind: 'workload'; readonly works: Int32Array; readonly digests: Int32Array }
  /** To run the first so many rows. */
  | { readonly kind: 'run'; readonly rows: number };

/** And how it answers; `ready` also when it has started. */
export type ContenderReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ran'; readonly run: Run }
  | { readonly kind: 'failed'; readonly reason: string };

const FILE = fileURLToPath(new URL('processes/contender.ts', import.meta.url));

/**
 * A contender with its threads in a process of its own, as it would be in that of a user: no heap, compiled code or idle threads of
 * others beside it.
 */
export class ContenderProcess {
  readonly contender: Contender;
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;
  #ranMs = 0;

  private constructor(contender: Contender, threads: number) {
    this.contender = contender;
    const args = [contender.module, contender.name, String(threads)];
    this.#process = fork(FILE, args, { serialization: 'advanced' });
    this.#exit = once(this.#process, 'exit');
  }

  static async start(contender: Contender, threads: number): Promise<ContenderProcess> {
    const started = new ContenderProcess(contender, threads);
    await started.#reply();
    return started;
  }

  /** How long it has run rows so far, in ms. */
  get ranMs(): number {
    return this.#ranMs;
  }

  /** Gives it the rows of the runs that follow. */
  async prepare(works: Int32Array, digests: Int32Array): Promise<void> {
    await this.#ask({ kind: 'workload', works, digests });
  }

  async run(rows: number): Promise<Run> {
    const reply = await this.#ask({ kind: 'run', rows });
    if (reply.kind !== 'ran') throw new Error(`Cannot measure ${this.contender.name} as it did not run`);
    this.#ranMs += reply.run.elapsedMs;
    return reply.run;
  }

  async close(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    await this.#exit;
  }

  async #ask(request: ContenderRequest): Promise<ContenderReply> {
    this.#process.send(request);
    return this.#reply();
  }

  async #reply(): Promise<ContenderReply> {
    const { name } = this.contender;
    const waiting = new AbortController();
    const { signal } = waiting;
    const ended = this.#exit.then((how) => [
      { kind: 'failed', reason: `its process has ended (${String(how)})` },
    ]);
    const [reply] = (await Promise.race([once(this.#process, 'message', { signal }), ended])) as [
      ContenderReply,
    ];
    waiting.abort();
    if (reply.kind === 'failed') throw new Error(`Cannot measure ${name}: ${reply.reason}`);
    return reply;
  }
}
