import { identifyTransform } from './audit/transform-identity.ts';
import { eventTrailOf } from './audit/event-trail.ts';
import { CommitPacer } from './audit/commit-pacer.ts';
import { TrailRecorder } from './audit/trail-recorder.ts';
import type { RowContext } from './batch.ts';
import { BatchRunner } from './batch-runner.ts';
import { recordableCall } from './core/call-event.ts';
import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import { StatsCounter, type BatchStats, type ExecutorStats } from './core/stats.ts';
import { AimdThrottle } from './core/throttle/aimd-throttle.ts';
import type { Throttle } from './core/throttle/throttle.ts';
import type { TransformResult } from './core/transform-result.ts';
import { Dispatcher } from './dispatcher.ts';
import { POOL_COUNTER } from './engine/concurrency-gauge.ts';
import { createEngine } from './engine/create-engine.ts';
import { WorkerStartError, type CallRecorder, type Engine } from './engine/engine.ts';
import type { EntryRun } from './entry-run.ts';
import type { EntryStream } from './entry-stream.ts';
import { Intake } from './intake.ts';
import { keepShapes } from './kept-shapes.ts';
import { Lifecycle } from './lifecycle.ts';
import {
  checkBatchOptions,
  checkShutdownOptions,
  checkStreamOptions,
  recordedOptions,
  resolveOptions,
  type BatchOptions,
  type PooledExecutorOptions,
  type ResolvedOptions,
  type StreamOptions,
} from './options.ts';
import { checkContexts } from './row-identities.ts';
import { checkIterable } from './row-source.ts';
import { RunEntrance } from './run-entrance.ts';
import { StreamRunner } from './stream-runner.ts';
import { createSystemClock } from './system-clock.ts';
import { TrailWriter } from './trail-writer.ts';
import { Works } from './works.ts';

/** What tests replace. */
export interface ExecutorPorts {
  readonly clock?: Clock;
  readonly createEngine?: typeof createEngine;
}

/** Slices of this size hold rows that take some microseconds each. */
const FAST_ROWS_SLICE = 256;
/** More rows than this at once make a trail's appends larger than its thread's caches, and do not keep anyone busier. */
const MOST_ROWS_AHEAD = 16_384;
/** A trail that is slower than so many ms slows the run down. */
const MOST_TRAIL_SLICES = 60;
/** V8 makes a hash table of an array that is longer than this when it is created. */
const MOST_PRESIZED = 1 << 24;

/** The results of a batch, in the order of its rows. */
export interface BatchResult<Output> {
  readonly entries: readonly Entry<Output>[];
  readonly stats: BatchStats;
}

/**
 * Runs a transform over rows on worker threads, at most `poolSize` rows at once, and gives the results back in the order
 * of submission. One executor serves any number of overlapping batches and streams, which share its permits and its
 * throttle and are isolated in all else.
 *
 * Call {@link shutdown} when it is no longer needed, or declare it with `await using`.
 */
export class PooledExecutor<Row = unknown, Output = unknown> implements AsyncDisposable {
  readonly poolSize: number;
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #throttle: Throttle;
  readonly #engine: Engine;
  readonly #dispatcher: Dispatcher;
  readonly #totals: StatsCounter;
  readonly #trail: TrailWriter | undefined;
  readonly #batches: BatchRunner;
  readonly #streams: StreamRunner;
  readonly #works: Works;
  readonly #lifecycle = new Lifecycle(
    () => this.#drain(),
    () => this.#destroy(),
  );
  #fatal: Error | undefined;
  #delayAtCompletionMs: number;

  /** @throws TypeError when an option is unknown or its value is not allowed. */
  constructor(options: PooledExecutorOptions<Row, Output>, ports: ExecutorPorts = {}) {
    this.#options = resolveOptions(options);
    const { poolSize, minDispatchDelayMs, audit } = this.#options;
    this.poolSize = poolSize;
    this.#delayAtCompletionMs = minDispatchDelayMs;
    this.#clock = ports.clock ?? createSystemClock();
    this.#throttle = this.#options.throttle ?? new AimdThrottle(this.#options);
    this.#totals = new StatsCounter(minDispatchDelayMs);
    const pacer = new CommitPacer(this.#clock, () => this.#isBusyWithSlowRows());
    if (audit !== undefined) {
      const recorder = new TrailRecorder(
        eventTrailOf(audit),
        (error) => {
          this.#works.failAll(error);
        },
        audit.outlivesProcess === true ? pacer : undefined,
      );
      this.#trail = new TrailWriter(recorder, this.#clock);
    }
    const makeEngine = ports.createEngine ?? createEngine;
    this.#engine = makeEngine(this.#options, this.#clock, this.#callRecorder());
    this.#dispatcher = new Dispatcher({
      ...this.#options,
      engine: this.#engine,
      throttle: this.#throttle,
      clock: this.#clock,
      totals: this.#totals,
      observer: {
        onEngineStart: () => keepShapes(this.#clock),
        ...(audit?.outlivesProcess === true && {
          onDispatch: (slice) => this.#trail?.sliceStarted(slice),
        }),
        onAttempts: this.#trail && ((slice) => this.#trail?.attemptsEnded(slice)),
        onPermitFree: this.#trail && (() => pacer.onPermitFree()),
        onFatal: (error) => {
          if (!(error instanceof WorkerStartError)) this.#fatal = error; // else the next call tries again
          this.#works.failAll(error);
        },
      },
    });
    this.#works = new Works(this.#dispatcher, () => {
      this.#delayAtCompletionMs = this.#throttle.currentDelayMs;
    });
    const intake = new Intake({
      clock: this.#clock,
      dispatcher: this.#dispatcher,
      throttle: this.#throttle,
      engine: this.#engine,
      totals: this.#totals,
      trail: this.#trail,
      recordsLeave: audit?.outlivesProcess === true,
    });
    const entrance = new RunEntrance(audit, () => ({
      options: recordedOptions(this.#options),
      transform: identifyTransform(this.#options.transform),
    }));
    const common = {
      clock: this.#clock,
      dispatcher: this.#dispatcher,
      intake,
      works: this.#works,
      entrance,
    };
    this.#batches = new BatchRunner({
      ...common,
      rowsAhead: () => this.#rowsAhead(),
      refuseUnlessUsable: (action) => {
        this.#refuseUnlessUsable(action);
      },
    });
    this.#streams = new StreamRunner({
      ...common,
      defaultWindow: () => this.#rowsAhead(),
      isUsable: () => {
        this.#refuseIfFailed();
        return this.#lifecycle.isOpen;
      },
    });
  }

  /** Rows admitted and not yet emitted, over all batches. */
  get pendingCount(): number {
    return this.#works.pendingCount;
  }

  /** Permits that nobody holds; `poolSize` when idle. */
  get availablePermits(): number {
    return this.#dispatcher.availablePermits;
  }

  /**
   * Runs all rows and resolves when each has its entry. A row that fails has an entry with an error; the batch rejects
   * only on misuse, when the transform can't be loaded, or when the trail can no longer record.
   */
  async executeBatch(
    contexts: Iterable<RowContext<Row>>,
    options: BatchOptions = {},
  ): Promise<BatchResult<Output>> {
    checkBatchOptions(options);
    const batchOptions = { ...options, generatedIds: false };
    const entries: Entry<unknown>[] = [];
    const collect = (runs: readonly EntryRun[]) => {
      for (const run of runs) for (let index = 0; index < run.size; index++) entries.push(run.at(index));
    };
    const outlet = { kind: 'entries', deliver: collect } as const;
    const identities = checkContexts(contexts);
    const rows = identities.map(({ row }) => row);
    const stats = await this.#batches.run({ rows, identities }, batchOptions, 'execute batch', outlet);
    return { entries: entries as Entry<Output>[], stats };
  }

  /** Like {@link executeBatch} with contexts made for you; gives the bare results. */
  async map(rows: Iterable<Row>, options: BatchOptions = {}): Promise<TransformResult<Output>[]> {
    checkBatchOptions(options);
    checkIterable(rows);
    const batchRows = { rows: Array.from(rows), identities: undefined };
    const count = batchRows.rows.length;
    const results = new Array<TransformResult<unknown>>(Math.min(count, MOST_PRESIZED));
    let next = 0;
    const collect = (ready: readonly TransformResult<unknown>[]) => {
      for (const result of ready) results[next++] = result;
    };
    const outlet = { kind: 'results', deliver: collect } as const;
    await this.#batches.run(batchRows, { ...options, generatedIds: true }, 'map rows', outlet);
    return results as TransformResult<Output>[];
  }

  /**
   * Runs rows as they are pulled from a source, and gives entries in order as they are asked for. Nothing is pulled before
   * the first entry is asked for, nor while the window is full. Stopping early (`break`, `return`, `throw`) stops the work
   * and closes the source. An error of the source comes after the entries before it. Before the first entry is asked for
   * the executor does not know of the stream: a shutdown, or an aborted `signal`, ends it, and closes its source, then.
   */
  stream(rows: Iterable<Row> | AsyncIterable<Row>, options: StreamOptions = {}): EntryStream<Output> {
    checkStreamOptions(options);
    this.#refuseUnlessUsable('start stream');
    return this.#streams.open(rows, options) as EntryStream<Output>;
  }

  /** Counters since construction. */
  getStats(): ExecutorStats {
    const { poolSize, maxCapacityRetryMs } = this.#options;
    return {
      poolConfig: {
        poolSize,
        threads: this.#engine.threads,
        maxCapacityRetryMs,
        dispatchDelayAtCompletionMs: this.#delayAtCompletionMs,
      },
      poolStats: this.#totals.snapshot({
        currentDelayMs: this.#throttle.currentDelayMs,
        maxConcurrentReached: this.#engine.gauge.highest(POOL_COUNTER),
      }),
    };
  }

  /**
   * Refuses new batches and frees all threads. With `wait` (the default) everything submitted finishes first, and sources of
   * streams are read no further; without, unfinished rows end with `shutdown_requested`. Can be called again at any time.
   */
  async shutdown(options: { readonly wait?: boolean } = {}): Promise<void> {
    checkShutdownOptions(options);
    return (options.wait ?? true) ? this.#lifecycle.drain() : this.#lifecycle.destroy();
  }

  /** The same as `shutdown({ wait: true })`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown({ wait: true });
  }

  async #drain(): Promise<void> {
    await this.#works.drain();
    this.#dispatcher.close();
    await this.#engine.close();
  }

  async #destroy(): Promise<void> {
    this.#works.shutDown();
    this.#dispatcher.close();
    await this.#engine.destroy();
  }

  #refuseUnlessUsable(action: string): void {
    if (!this.#lifecycle.isOpen) throw new Error(`Cannot ${action} as the executor is shut down`);
    this.#refuseIfFailed();
  }

  #refuseIfFailed(): void {
    const failure = this.#fatal ?? this.#trail?.failure;
    if (failure !== undefined) throw failure;
  }

  /** Appends for rows that are faster hold many of them as it is. */
  #isBusyWithSlowRows(): boolean {
    return this.availablePermits === 0 && this.#dispatcher.sliceSize < FAST_ROWS_SLICE;
  }

  /**
   * How many rows keep all workers busy: slices take some milliseconds, and each millisecond that the trail takes needs
   * further rows.
   */
  #rowsAhead(): number {
    const slices = 4 + Math.min(MOST_TRAIL_SLICES, Math.ceil(this.#trail?.latencyMs ?? 0));
    return Math.min(MOST_ROWS_AHEAD, slices * this.poolSize * this.#dispatcher.rowsPerWorker);
  }

  #callRecorder(): CallRecorder | undefined {
    const trail = this.#trail;
    if (trail === undefined) return undefined;
    const recordsLeave = this.#options.audit?.outlivesProcess === true;
    return async (sliceId, event) => {
      const batch = this.#dispatcher.noteCall(sliceId, event);
      if (batch !== undefined) await trail.callMade(batch, recordsLeave ? recordableCall(event) : event);
    };
  }
}
