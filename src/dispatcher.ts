import { Alarm } from './alarm.ts';
import type { Batch, BatchRow, BatchRun, Ending } from './batch.ts';
import type { Clock } from './core/clock.ts';
import { RowQueue } from './core/row-queue.ts';
import { Semaphore } from './core/semaphore.ts';
import { SliceSizer } from './core/slice-sizer.ts';
import type { StatsCounter } from './core/stats.ts';
import type { Throttle, ThrottleSeat } from './core/throttle/throttle.ts';
import { NOTHING_STARTED, ranSmoothly, type Engine, type SliceReport } from './engine/engine.ts';
import type { DispatchObserver } from './dispatch-observer.ts';
import { Flights, isOverdue, SentSlice, type Flight } from './flights.ts';
import { EngineStart } from './engine-start.ts';
import { OutcomeHandler } from './outcome-handler.ts';
import { PacingAccount } from './pacing-account.ts';
import { ReportHandler } from './report-handler.ts';
import { RowRun } from './row-run.ts';

export interface DispatcherOptions {
  readonly engine: Engine;
  readonly throttle: Throttle;
  readonly clock: Clock;
  readonly poolSize: number;
  readonly sliceSize: number | 'auto';
  readonly maxCapacityRetryMs: number;
  readonly maxRowCrashes: number;
  /** The executor's counts. */
  readonly totals: StatsCounter;
  readonly observer: DispatchObserver;
}

/**
 * The pump: takes rows from the queue whenever a permit is free and the gate is open, sends them as slices, and deals
 * with what comes back. A refused row goes back to the queue with its wait; meanwhile it holds neither permit nor worker.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue = new RowQueue<Batch, BatchRow, BatchRun>();
  readonly #semaphore: Semaphore;
  readonly #throttle: ThrottleSeat;
  readonly #sizer: SliceSizer;
  readonly #outcomes: OutcomeHandler;
  readonly #reports: ReportHandler;
  readonly #flights: Flights;
  readonly #alarm: Alarm;
  readonly #start: EngineStart;
  readonly #pacing: PacingAccount;
  #nextSliceId = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#semaphore = new Semaphore(options.poolSize);
    this.#flights = new Flights(options.engine, options.poolSize);
    const { threads, slicesPerPermit } = options.engine;
    this.#sizer = new SliceSizer({ ...options, threads, slicesPerWorker: slicesPerPermit });
    this.#alarm = new Alarm(options.clock, () => {
      this.#pump();
    });
    this.#start = new EngineStart(options.engine, {
      onStarting: () => options.observer.onEngineStart?.(),
      onReady: () => this.#pump(),
      onFatal: (error) => options.observer.onFatal(error),
    });
    this.#pacing = new PacingAccount(options.totals);
    this.#throttle = this.#joinThrottle();
    const parts = { ...options, throttle: this.#throttle, queue: this.#queue };
    this.#outcomes = new OutcomeHandler(parts);
    this.#reports = new ReportHandler({ ...parts, outcomes: this.#outcomes });
  }

  get availablePermits(): number {
    return this.#semaphore.available;
  }

  /** How many rows a slice has at present while there is plenty of work. */
  get sliceSize(): number {
    return this.#sizer.current;
  }

  /** How many rows a worker has at present while there is plenty of work. */
  get rowsPerWorker(): number {
    return this.#sizer.rowsPerWorker;
  }

  /** So many rows are about to come: the engine may start meanwhile. */
  expectRows(count: number): void {
    this.#start.begin(this.#queue.readyCount + count);
  }

  /** Queues new rows. */
  enqueue(run: BatchRun): void {
    const { batch } = run;
    const { ending } = batch;
    if (ending === undefined) {
      this.#queue.pushNew(run);
    } else {
      const now = this.#options.clock.now();
      for (const row of run.rows) batch.completeEnded(row, ending, now);
      batch.flush();
    }
    this.#pump();
  }

  /** Ends the rows of a batch that are not running; those that run end when their slice comes back. */
  end(batch: Batch, ending: Ending): void {
    batch.end(ending);
    const now = this.#options.clock.now();
    for (const row of this.#queue.removeBatch(batch)) batch.completeEnded(row, ending, now);
    batch.inBackoff = 0;
    batch.flush();
    this.#pump(); // the timer may have been for one of these rows
  }

  /** A row in flight has made a call: gives its batch, and sees to it that no later attempt uses the index again. */
  noteCall(
    sliceId: number,
    call: { readonly stateId: string; readonly callIndex: number },
  ): Batch | undefined {
    const flight = this.#flights.list().find(({ slice }) => slice.sliceId === sliceId);
    const row = flight?.run.rows.find(({ stateId }) => stateId === call.stateId);
    row?.noteCalls(call.callIndex + 1);
    return flight?.batch;
  }

  /** No further row will be dispatched: a throttle that is shared forgets about this executor. */
  close(): void {
    this.#throttle.leave();
  }

  #joinThrottle(): ThrottleSeat {
    const { throttle, poolSize } = this.#options;
    const queue = this.#queue;
    return throttle.join({
      poolSize,
      inFlight: this.#flights.running,
      get readyCount() {
        return queue.readyCount;
      },
      get waitingCount() {
        return queue.waitingCount;
      },
      wake: () => {
        this.#alarm.ringSoon();
      },
    });
  }

  #pump(): void {
    const { clock } = this.#options;
    const now = clock.now();
    for (const row of this.#queue.advance(now)) this.#outcomes.expire(row, now);
    this.#pacing.close(now);
    this.#recall(now);
    let held = false;
    const { readyCount } = this.#queue;
    if (readyCount > 0 && this.#start.isReady(readyCount)) {
      while (this.#canDispatch() && this.#throttle.mayDispatch()) {
        if (this.#throttle.gateAt(now) > now) {
          this.#pacing.open(now, this.#queue.readyBatches());
          break;
        }
        this.#dispatch(now);
      }
      held = this.#canDispatch();
      this.#sendAhead(now);
    }
    this.#alarm.setFor(this.#nextEventAt(now), now);
    this.#throttle.onPumped(held);
    if (this.#semaphore.available > 0) this.#options.observer.onPermitFree?.();
  }

  /** Whether there are a row and a permit: the rest is up to the throttle. */
  #canDispatch(): boolean {
    return this.#queue.readyCount > 0 && this.#semaphore.available > 0;
  }

  /** Sends rows with a permit of their own. */
  #dispatch(now: number): void {
    const permit = this.#semaphore.tryAcquire();
    if (permit === undefined) throw new Error('Cannot dispatch as no permit is free');
    const run = this.#throttle.probing ? this.#takeProbe() : this.#takeRows();
    this.#send(run, { permit, lane: this.#flights.laneOf(permit), before: undefined }, now);
  }

  /** Sends workers the slice that comes behind the one they run, as long as none of these need be held back. */
  #sendAhead(now: number): void {
    if (this.#options.engine.slicesPerPermit === 1) return;
    if (this.#sizer.current === 1 || this.#semaphore.available > 0) return;
    for (const before of this.#flights.running.list()) {
      const { freshCount, readyCount, nextRunsAlone } = this.#queue;
      if (!this.#isUndisturbed() || freshCount === 0 || freshCount < readyCount || nextRunsAlone) return;
      if (isOverdue(before, now)) continue;
      const lane = this.#flights.laneBehind(before);
      if (lane !== undefined) this.#send(this.#takeRows(), { permit: undefined, lane, before }, now);
    }
  }

  /** Takes back slices that wait where they would wait too long, or must not begin any more. */
  #recall(now: number): void {
    const isIdle = this.#queue.readyCount === 0 && this.#semaphore.available > 0;
    const mustNotBegin = !this.#isUndisturbed();
    this.#recallIf(
      ({ batch }, before) => isIdle || mustNotBegin || batch.ending !== undefined || isOverdue(before, now),
      now,
    );
  }

  #recallIf(which: (waiting: Flight, before: Flight) => boolean, now: number): void {
    for (const { batch, run } of this.#flights.recall(which)) {
      this.#outcomes.takeBack(run, now);
      if (batch.ending !== undefined) batch.flush();
    }
  }

  #takeRows(): BatchRun {
    const retry = this.#queue.takeRetry();
    return retry === undefined
      ? this.#takeNew((batch, waiting) => this.#sizeFor(batch, waiting))
      : RowRun.of([retry]);
  }

  #takeProbe(): BatchRun {
    const probe = this.#queue.takeProbe();
    return probe === undefined ? this.#takeNew(() => 1) : RowRun.of([probe]);
  }

  #takeNew(sizeFor: (batch: Batch, waiting: number) => number): BatchRun {
    const [first, ...others] = this.#queue.takeNew(sizeFor);
    if (first === undefined) throw new Error('Cannot dispatch as no row is ready');
    return RowRun.join([first, ...others]);
  }

  #send(
    run: BatchRun,
    place: Pick<Flight, 'permit' | 'before'> & { readonly lane: number },
    now: number,
  ): void {
    const { engine, observer } = this.#options;
    const { permit, lane, before } = place;
    const { batch } = run;
    run.send();
    const sliceId = this.#nextSliceId++;
    const flight: Flight = {
      slice: new SentSlice(run, { sliceId, lane, behind: before?.slice.lane }),
      batch,
      run,
      dispatchedAt: now,
      refusals: run.refusals,
      rowCount: run.size,
      probe: this.#throttle.probing,
      delayMs: this.#throttle.currentDelayMs,
      permit,
      permitAt: now,
      before,
      next: undefined,
      recalled: false,
    };
    this.#flights.add(flight);
    if (permit !== undefined) this.#onPermit(flight);
    observer.onDispatch?.({ batch, sliceId, rows: run });
    engine.run(flight.slice, batch.signal).then(
      (report) => {
        this.#onReport(flight, report);
      },
      (reason: unknown) => {
        this.#start.fail(reason);
        this.#onReport(flight, NOTHING_STARTED);
      },
    );
  }

  #onPermit(flight: Flight): void {
    flight.batch.sliceStarted();
    this.#throttle.onDispatch(flight);
  }

  /** Whether nothing was refused of late: anything that could be refused must not sit behind another row. */
  #isUndisturbed(): boolean {
    return this.#throttle.atRest && this.#queue.waitingCount === 0;
  }

  #sizeFor(batch: Batch, waiting: number): number {
    return this.#isUndisturbed() ? this.#sizer.sizeFor({ waiting, open: batch.open }) : 1;
  }

  #onReport(flight: Flight, report: SliceReport): void {
    const { batch, run } = flight;
    const now = this.#options.clock.now();
    const { times } = report;
    const isSmooth = ranSmoothly(report, run.size);
    this.#land(flight, isSmooth, now); // before anything that could throw
    if (flight.recalled) {
      this.#pump();
      return;
    }
    const started = times.length / 2;
    if (started > 0) this.#sizer.record(started, (times[times.length - 1] ?? 0) - (times[0] ?? 0));
    if (report.isFull === true) this.#sizer.cutShort(started);
    // the worker need not wait until its results are unpacked, unless they decide what comes next
    if (isSmooth && this.#throttle.atRest) this.#pump();
    this.#reports.apply(flight, report, now);
    batch.flush();
    this.#pump();
    batch.changed();
  }

  /** A worker has answered: the permit goes to the slice behind this one, or back. */
  #land(flight: Flight, isSmooth: boolean, now: number): void {
    if (!isSmooth) this.#recallIf((_, before) => before === flight, now);
    if (flight.permit !== undefined) flight.batch.sliceEnded();
    const heir = this.#flights.land(flight, isSmooth, now);
    if (heir !== undefined) this.#onPermit(heir);
  }

  /** Whatever comes first: a wait that ends, a budget that is spent, the gate. */
  #nextEventAt(now: number): number {
    const gateAt = this.#pacing.isOpen ? this.#throttle.gateAt(now) : Infinity;
    return Math.min(gateAt, this.#queue.nextEventAt);
  }
}
