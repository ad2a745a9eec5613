import { messageOf } from '../core/row-error.ts';
import type { ResourceLimits, Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Clock } from '../core/clock.ts';
import { failure, lost, type Outcome } from '../core/outcome.ts';
import { exposeCallService } from './call-service.ts';
import { ConcurrencyGauge, POOL_COUNTER } from './concurrency-gauge.ts';
import {
  NOTHING_STARTED,
  TransformLoadError,
  type CallRecorder,
  type Engine,
  type Slice,
  type SliceReport,
} from './engine.ts';
import { Lanes, type LaneState } from './lanes.ts';
import { attemptTimeoutMessage, toJob, toReport } from './slice-runner.ts';
import type { CallPortMessage, WorkerReply, WorkerSetup, WorkerTask } from './worker-protocol.ts';

export interface ThreadEngineOptions {
  readonly transformUrl: string;
  readonly exportName: string;
  readonly poolSize: number;
  readonly threads: number;
  readonly attemptTimeoutMs: number | undefined;
  readonly recordCall: CallRecorder | undefined;
  readonly clock: Clock;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly workerData?: unknown;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: string[] | undefined;
}

/** How long a thread whose row waits for a promise may take to react to the abort of its signal. */
const ABORT_GRACE_MS = 100;

const WORKER_URL = new URL(
  // the build keeps the layout, so only the extension differs
  `../../workers/thread-entry.${import.meta.url.endsWith('.ts') ? 'cts' : 'cjs'}`,
  import.meta.url,
);

/** Runs slices on worker threads. The only file that knows piscina, which starts, feeds and replaces the threads. */
export class ThreadEngine implements Engine {
  readonly gauge = new ConcurrencyGauge();
  readonly threads: number;
  readonly #options: ThreadEngineOptions;
  readonly #lanes: Lanes;
  readonly #destroying = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #setup: WorkerSetup;
  /** Lanes whose row's time was over, so that its thread was ended. */
  readonly #timedOut = new Set<number>();
  /** Threads that were ended for a row that took too long: the other rows they ran are not to blame. */
  readonly #endedThreads = new Set<number>();
  readonly #inFlight = new Set<Promise<unknown>>();
  #pool: Piscina | undefined;
  #started: Promise<void> | undefined;
  #destroyed: Promise<void> | undefined;

  constructor(options: ThreadEngineOptions) {
    this.#options = options;
    this.threads = options.threads;
    this.#lanes = new Lanes(options.poolSize);
    this.#setup = {
      transformUrl: options.transformUrl,
      exportName: options.exportName,
      gauge: this.gauge.buffer,
      lanes: this.#lanes.buffer,
      destroying: this.#destroying.buffer,
      originMs: options.clock.now(),
      attemptTimeoutMs: options.attemptTimeoutMs,
      recordCalls: options.recordCall !== undefined,
    };
  }

  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  async run(slice: Slice, signal: AbortSignal): Promise<SliceReport> {
    const { lane } = slice;
    this.#lanes.reset(lane);
    const cancel = () => {
      this.#lanes.cancel(lane);
    };
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    const disarm = this.#armTimeout(lane);
    try {
      return await this.#track(this.#runOnWorker(slice));
    } finally {
      disarm();
      signal.removeEventListener('abort', cancel);
      this.#timedOut.delete(lane);
    }
  }

  async close(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
    await this.destroy();
  }

  destroy(): Promise<void> {
    return (this.#destroyed ??= this.#destroy());
  }

  async #destroy(): Promise<void> {
    const anyAwaiting = this.#anyAwaiting(); // before they are told: one may end at once
    Atomics.store(this.#destroying, 0, 1);
    Atomics.notify(this.#destroying, 0);
    if (this.#pool === undefined) return;
    if (anyAwaiting) await this.#grace();
    await this.#pool.destroy();
  }

  async #start(): Promise<void> {
    const pool = this.#openPool();
    const reply = await this.#track(this.#send(pool, { setup: this.#setup })).catch((reason: unknown) => {
      const text = messageOf(reason);
      const { transformUrl } = this.#options;
      throw new TransformLoadError(
        `Cannot load transform ${transformUrl}: its thread ended meanwhile: ${text}`,
      );
    });
    if (reply.kind === 'load-failed') throw loadFailure(reply);
  }

  #openPool(): Piscina {
    const { threads, poolSize, resourceLimits, workerData, env, execArgv } = this.#options;
    const pool = new Piscina({
      filename: WORKER_URL.href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: Math.ceil(poolSize / threads),
      // a thread that waits in Atomics.wait wakes sooner; shared threads have I/O that must go on between slices
      atomics: threads === poolSize ? 'sync' : 'disabled',
      recordTiming: false,
      workerHistogram: false,
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(workerData === undefined ? {} : { workerData }),
      ...(env === undefined ? {} : { env: env as Record<string, string> }),
      ...(execArgv === undefined ? {} : { execArgv }),
    });
    pool.on('error', () => undefined); // a thread that died between two slices: piscina replaces it
    pool.on('message', (message: CallPortMessage) => {
      const { recordCall } = this.#options;
      if (recordCall !== undefined) exposeCallService({ record: recordCall }, message.pooledExecutorCalls);
    });
    this.#pool = pool;
    return pool;
  }

  async #runOnWorker(slice: Slice): Promise<SliceReport> {
    const pool = this.#pool;
    if (pool === undefined) throw new Error('Cannot run slice as the engine is not started');
    const task = { lane: slice.lane, job: toJob(slice) };
    let reply: WorkerReply;
    try {
      reply = await this.#send(pool, task);
      if (reply.kind === 'setup-needed') reply = await this.#send(pool, { ...task, setup: this.#setup });
    } catch (reason) {
      return this.#reportLoss(slice, reason);
    }
    if (reply.kind === 'load-failed') throw loadFailure(reply);
    if (reply.kind !== 'slice') throw new Error(`Cannot run slice as its worker answered '${reply.kind}'`);
    return toReport(reply.slice, reply.threadId);
  }

  #send(pool: Piscina, task: WorkerTask): Promise<WorkerReply> {
    return pool.run(task) as Promise<WorkerReply>;
  }

  /** The worker died: what the lane says tells which row killed it. Rows behind that one were never started. */
  #reportLoss(slice: Slice, reason: unknown): SliceReport {
    const state = this.#lanes.read(slice.lane);
    if (state.threadId === 0) return NOTHING_STARTED;
    // it may have died between the end of its slice and its answer
    if (this.gauge.running(slice.counter) > 0) this.gauge.leave(slice.counter);
    const running = state.state !== 'between-rows';
    if (running) this.gauge.leave(POOL_COUNTER);
    const now = this.#options.clock.now();
    const times = new Float64Array(2 * (state.row + 1)).fill(now);
    if (running) times[2 * state.row] = Math.min(now, this.#setup.originMs + state.startedMs);
    const outcomes = Array.from({ length: state.row + 1 }, (_, row) =>
      this.#lossOf(slice.lane, running && row === state.row, state.threadId, reason),
    );
    return { threadId: state.threadId, outcomes, times, disturbed: true };
  }

  #lossOf(lane: number, running: boolean, threadId: number, reason: unknown): Outcome {
    const { attemptTimeoutMs } = this.#options;
    if (running && this.#timedOut.has(lane) && attemptTimeoutMs !== undefined) {
      return failure('attempt_timeout', attemptTimeoutMessage(attemptTimeoutMs), { maxMs: attemptTimeoutMs });
    }
    return lost(reason, running && !this.#endedThreads.has(threadId));
  }

  /** Looks at the lane when a row's time could be over; the clock of a row starts when it starts running. */
  #armTimeout(lane: number): () => void {
    const { attemptTimeoutMs, clock } = this.#options;
    if (attemptTimeoutMs === undefined) return () => undefined;
    const check = () => {
      const state = this.#lanes.read(lane);
      const leftMs = this.#timeLeft(state, attemptTimeoutMs);
      if (leftMs > 0) cancel = clock.setTimer(check, leftMs);
      else this.#endThread(lane, state.threadId);
    };
    let cancel = clock.setTimer(check, attemptTimeoutMs);
    return () => {
      cancel();
    };
  }

  #timeLeft(state: LaneState, attemptTimeoutMs: number): number {
    if (state.state === 'between-rows') return attemptTimeoutMs;
    const allowedMs = state.state === 'awaiting' ? attemptTimeoutMs + ABORT_GRACE_MS : attemptTimeoutMs;
    const nowMs = this.#options.clock.now() - this.#setup.originMs;
    const elapsedMs = (Math.floor(nowMs) - state.startedMs) | 0; // the cell wraps after 24 days
    return allowedMs - elapsedMs;
  }

  #endThread(lane: number, threadId: number): void {
    this.#timedOut.add(lane);
    this.#endedThreads.add(threadId);
    const worker = this.#pool?.threads.find((thread: Worker) => thread.threadId === threadId);
    void worker?.terminate();
  }

  #anyAwaiting(): boolean {
    return Array.from({ length: this.#options.poolSize }, (_, lane) => this.#lanes.read(lane)).some(
      ({ state }) => state === 'awaiting',
    );
  }

  #grace(): Promise<void> {
    const settled = Promise.allSettled(this.#inFlight);
    return new Promise((resolve) => {
      const cancel = this.#options.clock.setTimer(resolve, ABORT_GRACE_MS);
      void settled.then(() => {
        cancel();
        resolve();
      });
    });
  }

  async #track<Value>(promise: Promise<Value>): Promise<Value> {
    this.#inFlight.add(promise);
    try {
      return await promise;
    } finally {
      this.#inFlight.delete(promise);
    }
  }
}

function loadFailure({ message, cause }: Extract<WorkerReply, { kind: 'load-failed' }>): TransformLoadError {
  return new TransformLoadError(message, cause === undefined ? {} : { cause });
}
