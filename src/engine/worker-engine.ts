import type { ResourceLimits } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import { FlightTable } from '../core/flight-table.ts';
import { WaitGroup } from './wait-group.ts';
import type { ConcurrencyGauge } from './concurrency-gauge.ts';
import { Crew, type Yield } from './crew.ts';
import {
  NOTHING_STARTED,
  WorkerStartError,
  type CallRecorder,
  type Engine,
  type EnsureSendable,
  type Slice,
  type SliceReport,
} from './engine.ts';
import { Leftovers } from './leftovers.ts';
import { LossReporter } from './loss-reporter.ts';
import { ABORT_GRACE_MS, FlightWatch, type Flight } from './flight-watch.ts';
import type { Host } from './host.ts';
import { LaneCancels } from './lane-cancels.ts';
import type { Lanes } from './lanes.ts';
import type { Member } from './placement.ts';
import { settledWithin } from './settled-within.ts';
import { toJob, toReport } from './slice-columns.ts';
import type { WorkerNews, WorkerReply, WorkerSetup } from './worker-protocol.ts';

export interface WorkerEngineOptions {
  readonly transformUrl: string;
  readonly poolSize: number;
  readonly threads: number;
  readonly attemptTimeoutMs: number | undefined;
  readonly loadTimeoutMs: number;
  readonly recycleAfterRows: number | undefined;
  readonly recycleAfterHeapMb: number | undefined;
  readonly clock: Clock;
  /** Origin of the lanes' clock, in ms on the monotonic clock. */
  readonly originMs: number;
}

/** What workers of any kind are started with. */
export interface WorkersOptions {
  readonly setup: WorkerSetup;
  readonly poolSize: number;
  readonly threads: number;
  readonly recordCall: CallRecorder | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly workerData?: unknown;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: string[] | undefined;
}

/** What a kind of worker, threads or processes, provides. */
export interface Workers {
  readonly sharesMemory: boolean;
  /** As of an {@link Engine}. */
  readonly ensureSendable?: EnsureSendable | undefined;
  readonly gauge: ConcurrencyGauge;
  readonly lanes: Lanes;
  /** `onNews` is called when a row has left something in the worker that may hurt others. */
  start(onNews: (news: WorkerNews, host: Host) => void): Host;
  load(host: Host): Promise<WorkerReply>;
  /** Whether a worker may have a slice behind the one that it runs. */
  readonly takesBehind: boolean;
  /** The slice on the lane stops before its next row. */
  cancel(lane: number): void;
  /** As of an {@link Engine}. */
  recall(lane: number): boolean;
  /** Attempts that wait for a promise are told that the executor is being shut down. */
  abortAll(): void;
}

/** Runs slices on workers that share memory or report: places them, watches their time. */
export class WorkerEngine implements Engine {
  readonly threads: number;
  readonly #options: WorkerEngineOptions;
  readonly #workers: Workers;
  readonly #crew: Crew;
  readonly #flights: FlightTable<Flight>;
  readonly #watch: FlightWatch;
  readonly #losses: LossReporter;
  readonly #leftovers: Leftovers;
  readonly #cancels: LaneCancels;
  /** Workers that were ended from here: what runs there is not to blame. */
  readonly #endedHosts = new WeakSet<Host>();
  readonly #inFlight = new WaitGroup();
  #started: Promise<void> | undefined;
  #destroyed: Promise<void> | undefined;

  constructor(options: WorkerEngineOptions, workers: Workers) {
    const { threads, poolSize, transformUrl, loadTimeoutMs, clock } = options;
    this.#options = options;
    this.#workers = workers;
    this.threads = threads;
    this.#flights = new FlightTable(2 * poolSize);
    this.#cancels = new LaneCancels((lane) => {
      workers.cancel(lane);
    });
    this.#crew = new Crew({
      size: threads,
      slicesPerHost: Math.ceil(poolSize / threads),
      transformUrl,
      loadTimeoutMs,
      clock,
      startHost: () => workers.start((news, host) => this.#leftovers.onNews(news, host)),
      load: (host) => workers.load(host),
    });
    this.#leftovers = new Leftovers(this.#crew, threads);
    this.#losses = new LossReporter({
      ...options,
      flights: this.#flights,
      workers,
      isEnded: (host) => this.#endedHosts.has(host),
    });
    this.#watch = new FlightWatch({
      ...options,
      flights: this.#flights,
      lanes: workers.lanes,
      endWorker: (member) => {
        this.#terminate(member);
      },
      describeCrew: () => this.#crew.describe(),
    });
  }

  get sharesMemory(): boolean {
    return this.#workers.sharesMemory;
  }

  get ensureSendable(): EnsureSendable | undefined {
    return this.#workers.ensureSendable;
  }

  get gauge(): ConcurrencyGauge {
    return this.#workers.gauge;
  }

  get slicesPerPermit(): 1 | 2 {
    return this.#workers.takesBehind ? 2 : 1;
  }

  start(rows?: number): Promise<void> {
    return (this.#started ??= this.#start(rows));
  }

  expectRows(rows: number): void {
    this.#crew.expectSlices(rows);
  }

  async #start(rows: number | undefined): Promise<void> {
    try {
      await this.#inFlight.track(this.#crew.start(rows));
    } catch (reason) {
      if (reason instanceof WorkerStartError) this.#started = undefined;
      throw reason;
    }
  }

  async run(slice: Slice, signal: AbortSignal): Promise<SliceReport> {
    const { lane } = slice;
    this.#workers.lanes.reset(lane);
    this.#cancels.hold(lane, signal);
    try {
      return await this.#inFlight.track(this.#place(slice));
    } finally {
      this.#cancels.release(lane, signal);
    }
  }

  takesBehind(lane: number): boolean {
    const flight = this.#workers.takesBehind ? this.#flights.get(lane) : undefined;
    return flight !== undefined && this.#crew.takesBehind(flight.member);
  }

  recall({ lane }: Slice): boolean {
    return this.#workers.recall(lane);
  }

  async close(): Promise<void> {
    await this.#inFlight.whenEmpty();
    await this.destroy();
  }

  destroy(): Promise<void> {
    return (this.#destroyed ??= this.#destroy());
  }

  async #destroy(): Promise<void> {
    const anyAwaiting = this.#anyAwaiting(); // before they are told: one may end at once
    this.#workers.abortAll();
    if (anyAwaiting) await settledWithin(this.#options.clock, ABORT_GRACE_MS, [this.#inFlight.whenEmpty()]);
    for (const { member } of this.#flights.list()) this.#endedHosts.add(member.host);
    await this.#crew.dismiss();
  }

  async #place(slice: Slice): Promise<SliceReport> {
    const member =
      this.#giveBehind(slice) ?? this.#crew.tryTake(slice.alone) ?? (await this.#crew.take(slice.alone));
    if (member === undefined) return NOTHING_STARTED;
    const flight: Flight = { slice, member, timedOut: false, blockedMs: 0, restingSince: undefined };
    this.#flights.set(slice.lane, flight);
    const endWatch = this.#watch.begin(flight);
    let report: SliceReport = NOTHING_STARTED;
    try {
      report = await this.#runOn(flight);
    } finally {
      this.#flights.delete(slice.lane);
      endWatch();
      this.#crew.release(member, yieldOf(report));
    }
    return report;
  }

  #giveBehind({ behind }: Slice): Member | undefined {
    const before = behind === undefined ? undefined : this.#flights.get(behind);
    return before && this.#crew.giveBehind(before.member);
  }

  async #runOn(flight: Flight): Promise<SliceReport> {
    const { slice, member } = flight;
    let reply: WorkerReply;
    try {
      reply = await member.host.run({ lane: slice.lane, behind: slice.behind, job: toJob(slice) });
    } catch (reason) {
      return this.#losses.report(flight, reason);
    }
    if (reply.kind !== 'slice') throw new Error(`Cannot run slice as its worker answered '${reply.kind}'`);
    if (reply.unfinished !== undefined) slice.moved?.putBack(reply.unfinished);
    const { recycleAfterRows = Infinity, recycleAfterHeapMb = Infinity } = this.#options;
    const { times } = reply.slice;
    if (member.rows + times.length / 2 >= recycleAfterRows || (reply.heapMb ?? 0) > recycleAfterHeapMb) {
      this.#crew.recycle(member);
    }
    return toReport(reply.slice, member.host.id, () => {
      this.#crew.retire(member);
    });
  }

  #terminate(member: Member): void {
    this.#endedHosts.add(member.host);
    member.host.terminate();
  }

  #anyAwaiting(): boolean {
    return this.#flights
      .list()
      .some(({ slice }) => this.#workers.lanes.read(slice.lane).state === 'awaiting');
  }
}

/** Rows that got on: a result, a refusal, or a crash of their own. Unpacks no outcomes that are not needed for that. */
function yieldOf(report: SliceReport): Yield {
  const rows = report.times.length / 2;
  const fruitful = report.disturbed
    ? report.outcomes.some((outcome) => outcome.status !== 'lost' || outcome.blame === 'culprit')
    : rows > 0;
  return { rows, fruitful };
}
