import { decodeList } from '../src/core/codec.ts';
import type { Transform } from '../src/core/transform.ts';
import { AttemptContext } from '../src/engine/attempt-context.ts';
import { monotonicNow } from '../src/engine/monotonic-now.ts';
import type { RowEnd } from '../src/engine/row-end.ts';
import { AttemptTimeout, type SliceHost } from '../src/engine/slice-runner.ts';
import type { WorkerSetup } from '../src/engine/worker-protocol.ts';
import type { GlobalsGuard } from './globals-guard.ts';
import type { RowOrigin } from './row-origin.ts';
import type { LaneWriter, WorkerSite } from './worker-site.ts';

/** As `await` does it: a promise may have a method `then` of its own, which may throw or never call back. */
const { then } = Promise.prototype; // eslint-disable-line @typescript-eslint/unbound-method

/** What the lanes of a worker have in common. */
export interface LaneHostOptions {
  readonly setup: WorkerSetup;
  readonly transform: Transform<unknown, unknown>;
  readonly site: WorkerSite;
  readonly origin: RowOrigin<AttemptContext>;
  /** Absent when nobody wants to know of changes. */
  readonly guard: GlobalsGuard<AttemptContext> | undefined;
  /** Whether no further row may start in the worker. */
  readonly isSpoiled: () => boolean;
}

/**
 * What the slices of one lane run with, and the row that runs there. One for all of them: where a slice is one row, making it
 * would take longer than the row does.
 */
export class LaneHost implements SliceHost {
  readonly writer: LaneWriter;
  readonly transform: SliceHost['transform'];
  readonly workerData: unknown;
  readonly gauge: SliceHost['gauge'];
  readonly recordCall: SliceHost['recordCall'];
  readonly inColumns: boolean;
  readonly keptTexts: SliceHost['keptTexts'];
  readonly handsOn: boolean;
  readonly ensureSendable: SliceHost['ensureSendable'];
  readonly pause: SliceHost['pause'];
  readonly now = monotonicNow;
  readonly decodeRows = decodeList;
  readonly #options: LaneHostOptions;
  #context: AttemptContext | undefined;
  #fail: ((reason: unknown) => void) | undefined;

  constructor(lane: number, options: LaneHostOptions) {
    const { transform, site } = options;
    this.#options = options;
    this.writer = site.laneWriter(lane);
    this.transform = transform;
    this.workerData = site.workerData;
    this.gauge = site.gauge;
    this.recordCall = site.recordCall;
    this.inColumns = site.inColumns;
    this.keptTexts = this.writer.keptTexts;
    this.handsOn = site.handsOn;
    this.ensureSendable = site.ensureSendable;
    this.pause = site.pause;
  }

  /** Of the row that runs; undefined between rows. */
  get context(): AttemptContext | undefined {
    return this.#context;
  }

  /** Makes the row that runs fail at once; undefined unless it waits for a promise. */
  get fail(): ((reason: unknown) => void) | undefined {
    return this.#fail;
  }

  isCancelled(): boolean {
    const { isSpoiled, guard } = this.#options;
    return isSpoiled() || guard?.isHeld === true || this.writer.isCancelled();
  }

  onSliceStart(counter: number): void {
    this.writer.enter(counter);
  }

  onSliceEnd(): void {
    this.writer.leave();
  }

  onRowStart(position: number, startedAt: number, context: AttemptContext): void {
    const { origin, setup } = this.#options;
    this.#context = context;
    origin.enter(context);
    this.writer.begin(position, startedAt - setup.originMs);
  }

  onRowEnd(end: RowEnd): boolean {
    const context = this.#context;
    this.#context = undefined;
    const goesOn = this.writer.end(end);
    if (context !== undefined) this.#options.guard?.onRowEnd(context, end.startedAt, end.finishedAt);
    return goesOn;
  }

  settle(output: PromiseLike<unknown>, context: AttemptContext): Promise<unknown> {
    const promise = Promise.resolve(output); // may throw
    this.#options.origin.onPromise();
    this.writer.await();
    return this.#settled(promise, context);
  }

  /**
   * Settles as the output does, unless a stray error of the attempt comes first. Aborts the attempt's signal when its time
   * is over; the dispatching thread ends the worker if that does not help. One promise, as there is one for each row.
   */
  #settled(output: Promise<unknown>, context: AttemptContext): Promise<unknown> {
    const { attemptTimeoutMs } = this.#options.setup;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (finish: (result: unknown) => void, result: unknown) => {
        if (this.#fail !== fail) return; // the stray error came first
        this.#fail = undefined;
        clearTimeout(timer);
        this.writer.resume();
        const abortReason = AttemptContext.abortReasonOf(context);
        if (abortReason instanceof AttemptTimeout)
          reject(abortReason); // whatever a late transform says
        else finish(result);
      };
      const fail = (reason: unknown) => settle(reject, reason);
      this.#fail = fail;
      if (attemptTimeoutMs !== undefined) {
        timer = setTimeout(() => {
          AttemptContext.abort(context, new AttemptTimeout(attemptTimeoutMs));
        }, attemptTimeoutMs);
      }
      void then.call(output, (value) => settle(resolve, value), fail);
    });
  }
}
