import { Alarm } from './alarm.ts';
import { messageOf } from './core/row-error.ts';
import type { Batch, BatchRow, Ending } from './batch.ts';
import type { Clock } from './core/clock.ts';
import { FlightTable } from './core/flight-table.ts';
import { RowQueue } from './core/row-queue.ts';
import { Semaphore, type Permit } from './core/semaphore.ts';
import { SliceSizer } from './core/slice-sizer.ts';
import type { StatsCounter } from './core/stats.ts';
import type { Throttle, ThrottledAttempt, ThrottleSeat } from './core/throttle/throttle.ts';
import { NOTHING_STARTED, type Engine, type Slice, type SliceReport } from './engine/engine.ts';
import type { DispatchObserver, EndedAttempt } from './dispatch-observer.ts';
import { OutcomeHandler } from './outcome-handler.ts';

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

/** One slice that a worker has; to the throttle it is one attempt, as its rows run one after another. */
interface InFlight extends ThrottledAttempt {
  readonly sliceId: number;
  readonly batch: Batch;
  readonly rows: readonly BatchRow[];
  readonly permit: Permit;
  readonly delayMs: number;
}

/**
 * The pump: takes rows from the queue whenever a permit is free and the gate is open, sends them as slices, and deals
 * with what comes back. A refused row goes back to the queue with its wait; meanwhile it holds neither permit nor worker.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue = new RowQueue<Batch, BatchRow>();
  readonly #semaphore: Semaphore;
  readonly #throttle: ThrottleSeat;
  readonly #sizer: SliceSizer;
  readonly #outcomes: OutcomeHandler;
  readonly #inFlight: FlightTable<InFlight>;
  readonly #alarm: Alarm;
  #engineState: 'idle' | 'starting' | 'ready' | 'failed' = 'idle';
  #nextSliceId = 0;
  #paced: { readonly since: number; readonly batches: ReadonlySet<Batch> } | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#semaphore = new Semaphore(options.poolSize);
    this.#inFlight = new FlightTable(options.poolSize);
    this.#sizer = new SliceSizer(options);
    this.#alarm = new Alarm(options.clock, () => {
      this.#pump();
    });
    this.#throttle = this.#joinThrottle();
    this.#outcomes = new OutcomeHandler({ ...options, throttle: this.#throttle, queue: this.#queue });
  }

  get availablePermits(): number {
    return this.#semaphore.available;
  }

  /** How many rows a slice has at present while there is plenty of work. */
  get sliceSize(): number {
    return this.#sizer.current;
  }

  /** Queues new rows of one batch, in order. */
  enqueue(rows: readonly BatchRow[]): void {
    const now = this.#options.clock.now();
    for (const row of rows) {
      const { ending } = row.batch;
      if (ending === undefined) this.#queue.pushNew(row);
      else row.batch.completeEnded(row, ending, now);
    }
    const batch = rows[0]?.batch;
    if (batch?.ending !== undefined) batch.flush();
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
    const flight = this.#inFlight.list().find((inFlight) => inFlight.sliceId === sliceId);
    const row = flight?.rows.find(({ stateId }) => stateId === call.stateId);
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
      inFlight: this.#inFlight,
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
    this.#accountPacing(now);
    let held = false;
    if (this.#queue.readyCount > 0 && this.#isEngineReady()) {
      while (this.#canDispatch() && this.#throttle.mayDispatch()) {
        if (this.#throttle.gateAt(now) > now) {
          this.#paced = { since: now, batches: this.#queue.readyBatches() };
          break;
        }
        this.#dispatch(now);
      }
      held = this.#canDispatch();
    }
    this.#alarm.setFor(this.#nextEventAt(now), now);
    this.#throttle.onPumped(held);
  }

  /** Whether there are a row and a permit: the rest is up to the throttle. */
  #canDispatch(): boolean {
    return this.#queue.readyCount > 0 && this.#semaphore.available > 0;
  }

  /** Starts the engine when it is first needed. */
  #isEngineReady(): boolean {
    if (this.#engineState === 'idle') {
      this.#engineState = 'starting';
      this.#options.engine.start().then(
        () => {
          this.#engineState = 'ready';
          this.#pump();
        },
        (reason: unknown) => {
          this.#failFatally(reason);
        },
      );
    }
    return this.#engineState === 'ready';
  }

  #failFatally(reason: unknown): void {
    if (this.#engineState === 'failed') return;
    this.#engineState = 'failed';
    this.#options.observer.onFatal(
      reason instanceof Error ? reason : new Error(messageOf(reason), { cause: reason }),
    );
  }

  #dispatch(now: number): void {
    const { engine } = this.#options;
    const throttle = this.#throttle;
    const permit = this.#semaphore.tryAcquire();
    if (permit === undefined) throw new Error('Cannot dispatch as no permit is free');
    const { probing: probe, currentDelayMs: delayMs } = throttle;
    const rows = probe
      ? this.#queue.takeProbe()
      : this.#queue.take((batch, waiting) => this.#sizeFor(batch, waiting));
    const { batch, refusals, runsAlone } = rows[0] as BatchRow;
    for (const row of rows) {
      row.attempt++;
      if (row.lastRefusal !== undefined) batch.inBackoff--;
    }
    batch.sliceStarted();
    const slice: Slice = {
      sliceId: this.#nextSliceId++,
      lane: permit.lane,
      counter: batch.counter,
      generatedIds: batch.generatedIds,
      alone: runsAlone,
      rows,
    };
    const flight: InFlight = {
      sliceId: slice.sliceId,
      batch,
      rows,
      permit,
      dispatchedAt: now,
      refusals,
      rowCount: rows.length,
      probe,
      delayMs,
    };
    throttle.onDispatch(flight);
    this.#inFlight.set(permit.lane, flight);
    this.#options.observer.onDispatch?.({ batch, sliceId: slice.sliceId, rows });
    engine.run(slice, batch.signal).then(
      (report) => {
        this.#onReport(flight, report);
      },
      (reason: unknown) => {
        this.#failFatally(reason);
        this.#onReport(flight, NOTHING_STARTED);
      },
    );
  }

  #sizeFor(batch: Batch, waiting: number): number {
    // anything that could be refused again must not sit behind another row in a slice
    const undisturbed = this.#throttle.atRest && this.#queue.waitingCount === 0;
    return undisturbed ? this.#sizer.sizeFor({ waiting, open: batch.open }) : 1;
  }

  #onReport(flight: InFlight, report: SliceReport): void {
    const { clock, observer } = this.#options;
    const { sliceId, batch, rows, permit, dispatchedAt, delayMs } = flight;
    permit.release(); // before anything that could throw
    this.#inFlight.delete(permit.lane);
    batch.sliceEnded();
    const now = clock.now();
    const { times, threadId } = report;
    const started = times.length / 2;
    if (started > 0) this.#sizer.record(started, (times[times.length - 1] ?? 0) - (times[0] ?? 0));
    // the worker need not wait until its results are unpacked, unless they decide what comes next
    if (started === rows.length && !report.disturbed && this.#throttle.atRest) this.#pump();
    const end = { attempt: flight, now };
    const { outcomes, nextCallIndices } = report;
    const attempts: EndedAttempt[] | undefined = observer.onAttempts && [];
    for (const [position, outcome] of outcomes.entries()) {
      const row = rows[position] as BatchRow;
      if (nextCallIndices !== undefined) row.noteCalls(nextCallIndices[position] ?? 0);
      // the worker's clock is the same, but what it says must not contradict what was seen here
      const startedAt = Math.min(now, Math.max(dispatchedAt, times[2 * position] ?? now));
      const finishedAt = Math.min(now, Math.max(startedAt, times[2 * position + 1] ?? now));
      const { attempt } = row;
      const backoffMs = this.#outcomes.apply(row, outcome, startedAt, finishedAt, end);
      const delayAfterMs = backoffMs > 0 ? this.#throttle.currentDelayMs : undefined;
      attempts?.push({ row, attempt, outcome, startedAt, finishedAt, backoffMs, delayAfterMs });
    }
    if (outcomes.length < rows.length) this.#takeBack(batch, rows.slice(outcomes.length), now);
    if (attempts !== undefined) {
      observer.onAttempts?.({
        batch,
        sliceId,
        threadId,
        dispatchedAt,
        delayMs,
        attempts,
        encoded: report.encoded,
      });
    }
    batch.flush();
    this.#pump();
    batch.changed();
  }

  /** Rows that were sent but never started. */
  #takeBack(batch: Batch, rows: readonly BatchRow[], now: number): void {
    const { ending } = batch;
    const fresh: BatchRow[] = [];
    for (const row of rows) {
      row.attempt--;
      if (ending !== undefined) batch.completeEnded(row, ending, now);
      else if (row.attempt === 0) fresh.push(row);
      else {
        if (row.lastRefusal !== undefined) batch.inBackoff++;
        this.#queue.pushReady(row);
      }
    }
    this.#queue.putBack(fresh);
  }

  #accountPacing(now: number): void {
    if (this.#paced === undefined) return;
    const { since, batches } = this.#paced;
    this.#paced = undefined;
    const elapsedMs = now - since;
    for (const batch of batches) batch.stats.onPaced(elapsedMs);
    this.#options.totals.onPaced(elapsedMs);
  }

  /** Whatever comes first: a wait that ends, a budget that is spent, the gate. */
  #nextEventAt(now: number): number {
    const gateAt = this.#paced === undefined ? Infinity : this.#throttle.gateAt(now);
    return Math.min(gateAt, this.#queue.nextEventAt);
  }
}
