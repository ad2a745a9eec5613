import type { Clock } from '../core/clock.ts';
import type { Transform } from '../core/transform.ts';
import { AttemptContext } from './attempt-context.ts';
import { decodeCopy, decodeList } from '../core/codec.ts';
import { Interruption } from '../core/interruption.ts';
import { ConcurrencyGauge } from './concurrency-gauge.ts';
import type { CallRecorder, Engine, Slice, SliceReport } from './engine.ts';
import { toJob, toReport } from './slice-columns.ts';
import { ensureRecordable } from '../core/portable.ts';
import { AttemptTimeout, runSlice, type SliceHost } from './slice-runner.ts';

export interface InlineEngineOptions {
  readonly transform: Transform<never, unknown>;
  readonly workerData?: unknown;
  readonly attemptTimeoutMs: number | undefined;
  readonly recordCall: CallRecorder | undefined;
  /** As of a worker's setup. */
  readonly recordsLeave?: boolean;
  readonly clock: Clock;
}

/**
 * Runs the transform on the calling thread: for functions that wait for I/O, and for tests. A sync function blocks the
 * thread while it runs, and one that hangs can't be stopped.
 */
export class InlineEngine implements Engine {
  readonly gauge = new ConcurrencyGauge();
  readonly threads = 1;
  readonly slicesPerPermit = 1;
  readonly sharesMemory = false;
  readonly #options: InlineEngineOptions;
  readonly #running = new Set<AttemptContext>();
  readonly #destroyed = new Interruption();
  #shutDown: Error | undefined;

  constructor(options: InlineEngineOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async run(slice: Slice, signal: AbortSignal): Promise<SliceReport> {
    await new Promise<void>((resolve) => {
      this.#options.clock.defer(resolve); // between two slices the event loop gets its turn
    });
    return toReport(await runSlice(toJob(slice), this.#hostFor(signal)));
  }

  /** All slices run on this thread anyway. */
  takesBehind(): boolean {
    return false;
  }

  recall(): boolean {
    return false;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    const reason = (this.#shutDown ??= new Error('Executor is shut down'));
    for (const context of this.#running) AttemptContext.abort(context, reason);
    this.#destroyed.interrupt(reason);
    return Promise.resolve();
  }

  #hostFor(signal: AbortSignal): SliceHost {
    const { transform, workerData, recordCall, recordsLeave, clock } = this.#options;
    return {
      transform: transform as Transform<unknown, unknown>,
      workerData,
      recordCall,
      gauge: this.gauge,
      now: () => clock.now(),
      inColumns: recordCall === undefined,
      handsOn: false,
      ensureSendable: recordsLeave === true ? ensureRecordable : undefined,
      decodeRows: (rows) => decodeList(rows, decodeCopy),
      isCancelled: () => signal.aborted,
      onSliceStart: () => undefined,
      onSliceEnd: () => undefined,
      onRowStart: () => undefined,
      onRowEnd: () => true,
      settle: (output, context) => this.#settle(output, context),
    };
  }

  async #settle(output: PromiseLike<unknown>, context: AttemptContext): Promise<unknown> {
    if (this.#shutDown !== undefined) AttemptContext.abort(context, this.#shutDown);
    this.#running.add(context);
    const timeout = Promise.withResolvers<never>();
    const cancelTimer = this.#armTimeout(context, timeout);
    try {
      return await this.#destroyed.race(Promise.race([output, timeout.promise]));
    } finally {
      cancelTimer?.();
      this.#running.delete(context);
    }
  }

  #armTimeout(context: AttemptContext, timeout: PromiseWithResolvers<never>): (() => void) | undefined {
    const { attemptTimeoutMs, clock } = this.#options;
    if (attemptTimeoutMs === undefined) return undefined;
    return clock.setTimer(() => {
      const reason = new AttemptTimeout(attemptTimeoutMs);
      AttemptContext.abort(context, reason);
      timeout.reject(reason);
    }, attemptTimeoutMs);
  }
}
