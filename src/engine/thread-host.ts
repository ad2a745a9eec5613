import type { ResourceLimits, Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { movedIn } from '../core/codec.ts';
import type { Host } from './host.ts';
import type { KeptOutcomes } from './kept-outcomes.ts';
import type { KeptOutcome } from './row-end.ts';
import { ownMessageIn, type WorkerMessage, type WorkerReply, type WorkerTask } from './worker-protocol.ts';

export interface ThreadHostOptions {
  /** How many slices it may run at once. */
  readonly concurrency: number;
  /** Whether it may have another one behind each of these. */
  readonly takesBehind: boolean;
  readonly kept: KeptOutcomes;
  readonly onMessage: (message: WorkerMessage) => void;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly workerData?: unknown;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: string[] | undefined;
}

const WORKER_URL = new URL(
  // the build keeps the layout, so only the extension differs
  `../../workers/thread-entry.${import.meta.url.endsWith('.ts') ? 'cts' : 'cjs'}`,
  import.meta.url,
);

/**
 * A worker thread: a piscina pool of one, which feeds it with little overhead. The only file that knows piscina. A pool
 * would replace a thread that ends by itself; which thread runs what, and when one is replaced, is decided elsewhere.
 */
export class ThreadHost implements Host {
  readonly id: number;
  readonly ended: Promise<Error>;
  readonly #pool: Piscina;
  readonly #thread: Worker;
  readonly #kept: KeptOutcomes;
  #end: Error | undefined;

  /** @throws what `new Worker` throws: options it does not allow, `workerData` that can't be cloned. */
  constructor(options: ThreadHostOptions) {
    this.#kept = options.kept;
    const pool = openPool(options);
    const [thread] = pool.threads;
    if (thread === undefined) throw new Error('Cannot start thread');
    let error: Error | undefined;
    thread.once('error', (reason: Error) => (error = reason));
    this.#pool = pool;
    this.#thread = thread;
    this.id = thread.threadId;
    this.ended = new Promise((resolve) => {
      thread.once('exit', (code) => {
        this.#end = error ?? new Error(`worker exited with code: ${code}`);
        resolve(this.#end);
      });
    });
  }

  async run(task: WorkerTask): Promise<WorkerReply> {
    if (this.#end !== undefined) throw this.#end;
    try {
      const moved = 'lane' in task ? movedIn(task.job.rows) : undefined;
      const options = moved && { transferList: [...moved.buffers] };
      const reply = (await this.#pool.run(task, options)) as WorkerReply;
      return 'lane' in task ? this.#withTexts(task.lane, reply) : reply;
    } catch (reason) {
      this.terminate(); // where it has not ended, it can't be trusted
      await this.ended; // piscina rejects at the first sign of the end
      throw reason;
    }
  }

  keptOutcomes(lane: number): readonly KeptOutcome[] {
    return this.#kept.read(lane);
  }

  terminate(): void {
    void this.#thread.terminate();
  }

  /** Takes the outputs out of the lane's memory before the lane has another slice. */
  #withTexts(lane: number, reply: WorkerReply): WorkerReply {
    if (reply.kind !== 'slice' || reply.slice.textsAreKept !== true) return reply;
    const { block: texts } = this.#kept.texts(lane);
    return { ...reply, slice: { ...reply.slice, outputs: { texts } } };
  }
}

/**
 * What Node gave each thread up to version 22. From 24 on it is 192 MB, which a thread grows into over millions of rows
 * (measured: 150 MB more between the first and the fourth million), and rows are no faster for it.
 */
const YOUNG_GENERATION_MB = 48;

function openPool(options: ThreadHostOptions): Piscina {
  const { concurrency, takesBehind, onMessage, resourceLimits, workerData, env, execArgv } = options;
  const pool = new Piscina({
    filename: WORKER_URL.href,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: takesBehind ? 2 * concurrency : concurrency,
    // a thread that waits in Atomics.wait wakes sooner; shared threads have I/O that must go on between slices
    atomics: concurrency === 1 ? 'sync' : 'disabled',
    recordTiming: false,
    workerHistogram: false,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, ...resourceLimits },
    ...(workerData === undefined ? {} : { workerData }),
    ...(env === undefined ? {} : { env: env as Record<string, string> }),
    ...(execArgv === undefined ? {} : { execArgv }),
  });
  pool.on('error', () => undefined); // the thread's own event says it too
  pool.on('message', (sent: unknown) => {
    const message = ownMessageIn(sent);
    if (message !== undefined) onMessage(message);
  });
  pool.on('workerDestroy', () => void pool.destroy()); // or piscina starts another
  return pool;
}
