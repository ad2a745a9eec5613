/** What workers of both kinds, threads and processes, have in common: the transform, slices, time-outs, stray errors. */
import { decodeList } from '../src/core/codec.ts';
import { describeThrown, messageOf } from '../src/core/row-error.ts';
import type { Transform } from '../src/core/transform.ts';
import { AttemptContext } from '../src/engine/attempt-context.ts';
import { ranSmoothly } from '../src/engine/engine.ts';
import { loadTransform } from '../src/engine/load-transform.ts';
import { monotonicNow } from '../src/engine/monotonic-now.ts';
import { nodeV8 } from '../src/engine/node-v8.ts';
import { isDisturbed, UNTOUCHED, withUnfinished, type SliceReturn } from '../src/engine/slice-columns.ts';
import { AttemptTimeout, runSlice, type SliceHost } from '../src/engine/slice-runner.ts';
import type {
  SetupTask,
  SliceReply,
  SliceTask,
  WorkerReply,
  WorkerSetup,
  WorkerTask,
} from '../src/engine/worker-protocol.ts';
import { GlobalsGuard } from './globals-guard.ts';
import { RowOrigin } from './row-origin.ts';
import type { LaneWriter, WorkerSite } from './worker-site.ts';

interface Prepared {
  readonly setup: WorkerSetup;
  readonly transform: Transform<unknown, unknown>;
  readonly site: WorkerSite;
  /** Absent when nobody wants to know of changes. */
  readonly guard: GlobalsGuard<AttemptContext> | undefined;
}

/** What a slice must know of the one before it. */
interface Predecessor {
  readonly over: Promise<void>;
  isOver: boolean;
  ranSmoothly: boolean;
}

/** A slice in this worker, and the row that runs. */
interface Place {
  readonly writer: LaneWriter;
  context: AttemptContext | undefined;
}

/** An attempt that waits for a promise. */
interface Wait {
  readonly context: AttemptContext;
  readonly attemptTimeoutMs: number | undefined;
  readonly writer: LaneWriter;
}

/** Runs tasks. It never throws to the pool. */
export class WorkerRuntime {
  readonly #connect: (task: SetupTask) => Promise<WorkerSite>;
  readonly #origin = new RowOrigin<AttemptContext>();
  readonly #places = new Set<Place>();
  /** The last slice of each lane. */
  readonly #last = new Map<number, Predecessor>();
  /** Attempts that wait for a promise, each with what makes it fail at once. */
  readonly #awaiting = new Map<AttemptContext, (reason: unknown) => void>();
  #prepared: Prepared | undefined;
  /** A stray error was seen: no further row may start here. */
  #spoiled = false;

  /** `connect` is called once, when the transform is loaded. */
  constructor(connect: (task: SetupTask) => Promise<WorkerSite>) {
    this.#connect = connect;
  }

  async run(task: WorkerTask): Promise<WorkerReply> {
    if ('setup' in task) return this.#prepare(task);
    if ('lane' in task) return this.#runInTurn(task);
    this.#prepared?.guard?.onAnswer(task);
    return { kind: 'ready' };
  }

  /** The executor is being shut down: attempts that can notice an abort are told. */
  abortAll(): void {
    for (const context of this.#awaiting.keys()) {
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
    this.#prepared = { setup, transform, site, guard: this.#setUpGuard(setup, site) };
    return { kind: 'ready' };
  }

  /** What the module has changed by now is as it should be. */
  #setUpGuard({ watchGlobals }: WorkerSetup, site: WorkerSite): GlobalsGuard<AttemptContext> | undefined {
    if (watchGlobals === 'off') return undefined;
    return new GlobalsGuard({
      afterEachRow: watchGlobals === 'each-row',
      originOf: () => this.#origin.current,
      running: () => [...this.#places].flatMap(({ context }) => context ?? []),
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

  async #runSlice({ lane, job }: SliceTask, prepared: Prepared): Promise<SliceReturn> {
    const writer = prepared.site.laneWriter(lane);
    if (!writer.open()) return UNTOUCHED;
    prepared.guard?.onSliceStart();
    const place: Place = { writer, context: undefined };
    this.#places.add(place);
    const slice = await runSlice(job, this.#hostFor(place, job.counter, prepared));
    this.#places.delete(place);
    return slice;
  }

  #hostFor(place: Place, counter: number, { setup, transform, site, guard }: Prepared): SliceHost {
    const { writer } = place;
    const origin = this.#origin;
    return {
      transform,
      workerData: site.workerData,
      gauge: site.gauge,
      recordCall: site.recordCall,
      inColumns: site.inColumns,
      keptTexts: writer.keptTexts,
      handsOn: site.handsOn,
      ensureSendable: site.ensureSendable,
      pause: site.pause,
      now: monotonicNow,
      decodeRows: decodeList,
      isCancelled: () => this.#spoiled || guard?.isHeld === true || writer.isCancelled(),
      onSliceStart: () => writer.enter(counter),
      onSliceEnd: () => writer.leave(),
      onRowStart: (position, startedAt, context) => {
        place.context = context;
        origin.enter(context);
        writer.begin(position, startedAt - setup.originMs);
      },
      onRowEnd: (end) => {
        const { context } = place;
        place.context = undefined;
        const goesOn = writer.end(end);
        if (context !== undefined) guard?.onRowEnd(context, end.startedAt, end.finishedAt);
        return goesOn;
      },
      settle: (output, context) => {
        const promise = Promise.resolve(output); // may throw
        origin.onPromise();
        writer.await();
        return this.#settled(promise, { context, attemptTimeoutMs: setup.attemptTimeoutMs, writer });
      },
    };
  }

  /**
   * Settles as the output does, unless a stray error of the attempt comes first. Aborts the attempt's signal when its time
   * is over; the dispatching thread ends the worker if that does not help. One promise, as there is one for each row.
   */
  #settled(output: Promise<unknown>, { context, attemptTimeoutMs, writer }: Wait): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (finish: (result: unknown) => void, result: unknown) => {
        if (!this.#awaiting.delete(context)) return; // the stray error came first
        clearTimeout(timer);
        writer.resume();
        const abortReason = AttemptContext.abortReasonOf(context);
        if (abortReason instanceof AttemptTimeout)
          reject(abortReason); // whatever a late transform says
        else finish(result);
      };
      const fail = (reason: unknown) => settle(reject, reason);
      this.#awaiting.set(context, fail);
      if (attemptTimeoutMs !== undefined) {
        timer = setTimeout(() => {
          AttemptContext.abort(context, new AttemptTimeout(attemptTimeoutMs));
        }, attemptTimeoutMs);
      }
      output.then((value) => settle(resolve, value), fail);
    });
  }

  /** Charges what nobody caught to the row that started it, never to the one that happens to run now. */
  #onStray(thrown: unknown): void {
    this.#spoiled = true;
    const context = this.#origin.current;
    const fail = context && this.#awaiting.get(context);
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
    for (const { writer, context } of this.#places) {
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
    cause = structuredClone(reason instanceof Error ? reason.cause : undefined);
  } catch {
    cause = undefined; // the message says what matters
  }
  return { kind: 'load-failed', message, cause };
}
