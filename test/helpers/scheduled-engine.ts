import type { Scheduler } from 'fast-check';
import { decodeCopy, decodeList } from '../../src/core/codec.ts';
import type { Clock } from '../../src/core/clock.ts';
import { Interruption } from '../../src/core/interruption.ts';
import { lost, type Blame, type Outcome } from '../../src/core/outcome.ts';
import type { Transform } from '../../src/core/transform.ts';
import { AttemptContext } from '../../src/engine/attempt-context.ts';
import { ConcurrencyGauge } from '../../src/engine/concurrency-gauge.ts';
import {
  NOTHING_STARTED,
  ranSmoothly,
  type Engine,
  type Slice,
  type SliceReport,
} from '../../src/engine/engine.ts';
import { toJob, toReport, type SliceJob } from '../../src/engine/slice-columns.ts';
import { runSlice, type SliceHost } from '../../src/engine/slice-runner.ts';

/** What a transform throws where a real row would end its worker. */
export class WorkerEnd extends Error {
  readonly blame: Blame;

  constructor(blame: Blame) {
    super(`worker ended: ${blame}`);
    this.blame = blame;
  }
}

/** A slice that a worker has, until its report has arrived. */
interface Running {
  readonly slice: Slice;
  readonly recalled: PromiseWithResolvers<false>;
  /** Whether it ran smoothly. */
  readonly over: PromiseWithResolvers<boolean>;
  state: 'waiting' | 'begun' | 'over' | 'recalled';
}

/**
 * Workers as the engine port has them, one for each permit: a slice may wait behind another one and be taken back, begins
 * when that one is over, which its report may tell later, and a worker may be lost. The scheduler chooses when messages arrive.
 */
export class ScheduledEngine implements Engine {
  readonly gauge = new ConcurrencyGauge();
  readonly threads: number;
  readonly slicesPerPermit = 2;
  readonly sharesMemory = false;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #transform: Transform<unknown, unknown>;
  readonly #running = new Map<number, Running>();
  readonly #ends = new Set<Promise<unknown>>();
  readonly #contexts = new Set<AttemptContext>();
  readonly #destroyed = new Interruption();
  #shutDown: Error | undefined;

  constructor(
    threads: number,
    transform: Transform<never, unknown>,
    { scheduler, clock }: { readonly scheduler: Scheduler; readonly clock: Clock },
  ) {
    this.threads = threads;
    this.#transform = transform as Transform<unknown, unknown>;
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** Slices whose report has not arrived. */
  get slices(): number {
    return this.#running.size;
  }

  start(): Promise<void> {
    return this.#turn('workers are ready');
  }

  run(slice: Slice, signal: AbortSignal): Promise<SliceReport> {
    const before = slice.behind === undefined ? undefined : this.#running.get(slice.behind);
    const running: Running = {
      slice,
      recalled: Promise.withResolvers<false>(),
      over: Promise.withResolvers<boolean>(),
      state: 'waiting',
    };
    this.#running.set(slice.lane, running);
    const report = this.#report(running, before, signal);
    this.#ends.add(report);
    return report;
  }

  takesBehind(lane: number): boolean {
    const running = this.#running.get(lane);
    return running !== undefined && running.state !== 'over' && !running.slice.alone;
  }

  recall({ lane }: Slice): boolean {
    const running = this.#running.get(lane);
    if (running?.state !== 'waiting') return false;
    running.state = 'recalled';
    running.recalled.resolve(false);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#ends);
  }

  async destroy(): Promise<void> {
    const reason = (this.#shutDown ??= new Error('Executor is shut down'));
    for (const context of this.#contexts) AttemptContext.abort(context, reason);
    this.#destroyed.interrupt(reason);
    await this.#turn('workers are gone');
  }

  async #report(running: Running, before: Running | undefined, signal: AbortSignal): Promise<SliceReport> {
    const { slice, over } = running;
    const job = toJob(slice);
    await this.#turn(`slice ${slice.sliceId} arrives`);
    const mayBegin =
      before === undefined || (await Promise.race([before.over.promise, running.recalled.promise]));
    const report =
      mayBegin && running.state === 'waiting' ? await this.#runNow(running, job, signal) : NOTHING_STARTED;
    running.state = 'over';
    over.resolve(ranSmoothly(report, job.count));
    await this.#turn(`report of slice ${slice.sliceId}`);
    this.#running.delete(slice.lane);
    return report;
  }

  async #runNow(running: Running, job: SliceJob, signal: AbortSignal): Promise<SliceReport> {
    running.state = 'begun';
    const report = toReport(await runSlice(job, this.#hostFor(signal)), running.slice.lane);
    const outcomes = report.outcomes.map((outcome) => this.#outcomeOf(outcome, running.slice));
    return { ...report, outcomes, encoded: report.encoded, disturbed: outcomes.some(isDisturbing) };
  }

  #outcomeOf(outcome: Outcome, { alone }: Slice): Outcome {
    const blame = blameIn(outcome);
    return blame === undefined ? outcome : lost('ended', alone && blame === 'suspect' ? 'culprit' : blame);
  }

  #hostFor(signal: AbortSignal): SliceHost {
    return {
      transform: this.#transform,
      workerData: undefined,
      recordCall: undefined,
      gauge: this.gauge,
      inColumns: false,
      handsOn: false,
      now: () => this.#clock.now(),
      decodeRows: (rows) => decodeList(rows, decodeCopy),
      isCancelled: () => signal.aborted || this.#shutDown !== undefined,
      onSliceStart: () => undefined,
      onSliceEnd: () => undefined,
      onRowStart: () => undefined,
      onRowEnd: ({ other }) => other === undefined || blameIn(other) === undefined,
      settle: (output, context) => this.#settle(output, context),
    };
  }

  async #settle(output: PromiseLike<unknown>, context: AttemptContext): Promise<unknown> {
    if (this.#shutDown !== undefined) AttemptContext.abort(context, this.#shutDown);
    this.#contexts.add(context);
    try {
      return await this.#destroyed.race(Promise.resolve(output));
    } finally {
      this.#contexts.delete(context);
    }
  }

  #turn(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }
}

const BLAMES: readonly Blame[] = ['culprit', 'suspect', 'bystander'];

function blameIn(outcome: Outcome): Blame | undefined {
  if (outcome.status !== 'error') return undefined;
  return BLAMES.find((blame) => outcome.error.message === new WorkerEnd(blame).message);
}

function isDisturbing({ status }: Outcome): boolean {
  return status === 'capacity' || status === 'lost';
}
