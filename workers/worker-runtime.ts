/** What workers of both kinds, threads and processes, have in common: the transform, slices, time-outs, stray errors. */
import { deepClone } from '../src/core/deep-clone.ts';
import { describeThrown, messageOf } from '../src/core/row-error.ts';
import type { Transform } from '../src/core/transform.ts';
import { AttemptContext } from '../src/engine/attempt-context.ts';
import { ranSmoothly } from '../src/engine/engine.ts';
import { loadTransform } from '../src/engine/load-transform.ts';
import { nodeV8 } from '../src/engine/node-v8.ts';
import { isDisturbed, UNTOUCHED, withUnfinished, type SliceReturn } from '../src/engine/slice-columns.ts';
import { runSlice } from '../src/engine/slice-runner.ts';
import type {
  SetupTask,
  SliceReply,
  SliceTask,
  WorkerReply,
  WorkerSetup,
  WorkerTask,
} from '../src/engine/worker-protocol.ts';
import { GlobalsGuard } from './globals-guard.ts';
import { LaneHost, type LaneHostOptions } from './lane-host.ts';
import { OutputFlush } from './output-flush.ts';
import { RowOrigin } from './row-origin.ts';
import type { WorkerSite } from './worker-site.ts';

/** What a slice must know of the one before it. */
interface Predecessor {
  readonly over: Promise<void>;
  isOver: boolean;
  ranSmoothly: boolean;
}

/** Runs tasks. It never throws to the pool. */
export class WorkerRuntime {
  readonly #connect: (task: SetupTask) => Promise<WorkerSite>;
  readonly #output = new OutputFlush();
  readonly #origin = new RowOrigin<AttemptContext>();
  /** By lane. */
  readonly #hosts = new Map<number, LaneHost>();
  /** The last slice of each lane. */
  readonly #last = new Map<number, Predecessor>();
  #prepared: LaneHostOptions | undefined;
  /** A stray error was seen: no further row may start here. */
  #spoiled = false;

  /** `connect` is called once, when the transform is loaded. */
  constructor(connect: (task: SetupTask) => Promise<WorkerSite>) {
    this.#connect = connect;
  }

  async run(task: WorkerTask): Promise<WorkerReply> {
    if ('setup' in task) return this.#prepare(task);
    if ('lane' in task) {
      const reply = await this.#runInTurn(task);
      const flushed = this.#output.flush();
      if (flushed !== undefined) await flushed;
      return reply;
    }
    this.#prepared?.guard?.onAnswer(task);
    return { kind: 'ready' };
  }

  /** The executor is being shut down: attempts that can notice an abort are told. */
  abortAll(): void {
    for (const { context, fail } of this.#hosts.values()) {
      if (context === undefined || fail === undefined) continue;
      AttemptContext.abort(context, new Error('Executor is shut down'));
    }
  }

  async #prepare(task: SetupTask): Promise<WorkerReply> {
    const { setup } = task;
    let transform: Transform<unknown, unknown>;
    let site: WorkerSite;
    try {
      transform = await loadTransform(setup.transformUrl, setup.exportName);
      site = await this.#connect(task);
    } catch (reason) {
      return loadFailed(reason);
    }
    process.on('uncaughtException', (thrown) => this.#onStray(thrown));
    process.on('unhandledRejection', (reason) => this.#onStray(reason));
    process.on('exit', () => this.#onExit());
    this.#prepared = {
      setup,
      transform,
      site,
      origin: this.#origin,
      guard: this.#setUpGuard(setup, site),
      isSpoiled: () => this.#spoiled,
    };
    return { kind: 'ready' };
  }

  /** What the module has changed by now is as it should be. */
  #setUpGuard({ watchGlobals }: WorkerSetup, site: WorkerSite): GlobalsGuard<AttemptContext> | undefined {
    if (watchGlobals === 'off') return undefined;
    return new GlobalsGuard({
      afterEachRow: watchGlobals === 'each-row',
      originOf: () => this.#origin.current,
      running: () => [...this.#hosts.values()].flatMap(({ context }) => context ?? []),
      tell: (change) => site.tell(change),
    });
  }

  async #runInTurn(task: SliceTask): Promise<SliceReply> {
    if (this.#prepared === undefined) throw new Error('Cannot run slice as the worker is not set up');
    const over = Promise.withResolvers<void>();
    const self: Predecessor = { over: over.promise, isOver: false, ranSmoothly: false };
    const before = task.behind === undefined ? undefined : this.#last.get(task.behind);
    this.#last.set(task.lane, self);
    if (before?.isOver === false) {
      await before.over;
      await new Promise(setImmediate); // what came of that one leaves first
    }
    const mayRun = task.behind === undefined || before?.ranSmoothly === true;
    try {
      const returned = mayRun ? await this.#runSlice(task, this.#prepared) : UNTOUCHED;
      const { slice, ...more } = withUnfinished(task.job, returned);
      const { times, others } = slice;
      self.ranSmoothly = ranSmoothly({ times, disturbed: isDisturbed(others) }, task.job.count);
      const { reportHeap } = this.#prepared.setup;
      return { kind: 'slice', slice, ...more, ...(reportHeap ? { heapMb: heapMb() } : {}) };
    } finally {
      self.isOver = true;
      over.resolve(); // also when the slice can't even be read: what is behind it must not wait for ever
    }
  }

  async #runSlice({ lane, job }: SliceTask, prepared: LaneHostOptions): Promise<SliceReturn> {
    const host = this.#hostOf(lane, prepared);
    if (!host.writer.open()) return UNTOUCHED;
    prepared.guard?.onSliceStart();
    return runSlice(job, host);
  }

  #hostOf(lane: number, prepared: LaneHostOptions): LaneHost {
    const known = this.#hosts.get(lane);
    if (known !== undefined) return known;
    const host = new LaneHost(lane, prepared);
    this.#hosts.set(lane, host);
    return host;
  }

  /** Charges what nobody caught to the row that started it, never to the one that happens to run now. */
  #onStray(thrown: unknown): void {
    this.#spoiled = true;
    const context = this.#origin.current;
    const fail = context && [...this.#hosts.values()].find((host) => host.context === context)?.fail;
    fail?.(thrown);
    this.#prepared?.site.tell({
      kind: 'stray',
      row: context && { stateId: context.stateId, attempt: context.attempt },
      charged: fail !== undefined,
      error: describeThrown(thrown),
    });
  }

  /** Something calls `process.exit`: whoever started it did it. */
  #onExit(): void {
    const culprit = this.#origin.current;
    for (const { writer, context } of this.#hosts.values()) {
      if (context !== undefined) writer.blame(context === culprit);
    }
  }
}

function heapMb(): number {
  return nodeV8().getHeapStatistics().used_heap_size / 2 ** 20;
}

function loadFailed(reason: unknown): WorkerReply {
  const message = messageOf(reason);
  let cause: unknown;
  try {
    cause = deepClone(reason instanceof Error ? reason.cause : undefined);
  } catch {
    cause = undefined; // the message says what matters
  }
  return { kind: 'load-failed', message, cause };
}
