import type { Clock } from '../core/clock.ts';
import type { FlightTable } from '../core/flight-table.ts';
import type { Member } from './placement.ts';
import type { Slice } from './engine.ts';
import { isRunning, type Lanes } from './lanes.ts';

/** A slice in flight. */
export interface Flight {
  readonly slice: Slice;
  readonly member: Member;
  /** Its row's time was over, so that the worker was ended. */
  timedOut: boolean;
  /** Time that does not count, as another row had the thread meanwhile. */
  blockedMs: number;
  /** What its lane said when the watch looked at it last, if no row ran then. */
  restingSince: { readonly row: number; readonly at: number } | undefined;
}

/** How long a worker whose row waits for a promise may take to react to the abort of its signal. */
export const ABORT_GRACE_MS = 100;
/**
 * How long a worker that has a slice and runs no row of it may take to go on, at the most. Where rows have little time it is
 * less at first, and twice as long after each worker that was ended for it until a row begins again: large rows on a
 * slow machine take their time to be unpacked, and would never come to run.
 */
const STALL_MS = 30_000;

export interface FlightWatchParts {
  readonly flights: FlightTable<Flight>;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** Origin of the lanes' clock, in ms on the monotonic clock. */
  readonly originMs: number;
  readonly attemptTimeoutMs: number | undefined;
  readonly endWorker: (member: Member) => void;
  /** What there is to say of all workers when one of them is stuck. */
  readonly describeCrew: () => string;
}

/** Watches slices in flight: ends workers whose row has had its time, and those that have stopped moving. */
export class FlightWatch {
  readonly #parts: FlightWatchParts;
  #cancelWatch: (() => void) | undefined;
  /** Workers that were ended as they had stalled, since the last row that began. */
  #stalls = 0;

  constructor(parts: FlightWatchParts) {
    this.#parts = parts;
  }

  /** To be called when the flight is in the table. Returns what is to be called when it no longer is. */
  begin(flight: Flight): () => void {
    const disarm = this.#armTimeout(flight);
    this.#watch();
    return () => {
      disarm();
      if (this.#parts.lanes.read(flight.slice.lane).row >= 0) this.#stalls = 0;
      if (this.#parts.flights.size === 0) this.#stopWatch();
    };
  }

  /** Looks at the lane when a row's time could be over; the clock of a row starts when it starts running. */
  #armTimeout(flight: Flight): () => void {
    const { attemptTimeoutMs, clock } = this.#parts;
    if (attemptTimeoutMs === undefined) return () => undefined;
    const check = () => {
      const leftMs = this.#timeLeft(flight, attemptTimeoutMs);
      if (leftMs > 0) {
        cancel = clock.setTimer(check, leftMs);
        return;
      }
      flight.timedOut = true;
      this.#parts.endWorker(flight.member);
    };
    let cancel = clock.setTimer(check, attemptTimeoutMs);
    return () => cancel();
  }

  #timeLeft(flight: Flight, attemptTimeoutMs: number): number {
    const state = this.#parts.lanes.read(flight.slice.lane);
    if (!isRunning(state)) {
      flight.blockedMs = 0;
      return attemptTimeoutMs;
    }
    const elapsedMs = this.#elapsedSince(state.startedMs);
    if (state.state === 'running') return attemptTimeoutMs - elapsedMs;
    const leftMs = attemptTimeoutMs + ABORT_GRACE_MS + flight.blockedMs - elapsedMs;
    if (leftMs > 0) return leftMs;
    const blockedMs = this.#blockedMs(flight);
    flight.blockedMs += blockedMs;
    return blockedMs;
  }

  /** How long another row has had the thread for itself, on which this one waits for a promise. */
  #blockedMs({ member, slice }: Flight): number {
    for (const other of this.#parts.flights.list()) {
      if (other.member !== member || other.slice === slice) continue;
      const { state, startedMs } = this.#parts.lanes.read(other.slice.lane);
      if (state === 'running') return Math.max(1, this.#elapsedSince(startedMs));
    }
    return 0;
  }

  #elapsedSince(startedMs: number): number {
    const nowMs = this.#parts.clock.now() - this.#parts.originMs;
    return (nowMs - startedMs) | 0; // it wraps after 24 days
  }

  /** The watchdog: while slices are in flight, looks now and then whether their workers go on. */
  #watch(): void {
    this.#cancelWatch ??= this.#parts.clock.setLimit(() => {
      this.#cancelWatch = undefined;
      for (const flight of this.#parts.flights.list()) this.#endIfStalled(flight);
      if (this.#parts.flights.size > 0) this.#watch();
    }, this.#stallMs);
  }

  #stopWatch(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
  }

  get #stallMs(): number {
    const firstMs = Math.max(1_000, this.#parts.attemptTimeoutMs ?? STALL_MS);
    return Math.min(STALL_MS, firstMs * 2 ** this.#stalls);
  }

  /** A worker that has a slice and no row to run, twice in a row, is stuck in something that no row owns up to. */
  #endIfStalled(flight: Flight): void {
    const { member, slice } = flight;
    const state = this.#parts.lanes.read(slice.lane);
    const busy = this.#parts.flights
      .list()
      .some((other) => other.member === member && isRunning(this.#parts.lanes.read(other.slice.lane)));
    const now = this.#parts.clock.now();
    const before = flight.restingSince;
    flight.restingSince = busy ? undefined : { row: state.row, at: now };
    if (busy || before?.row !== state.row) return;
    const describedState = JSON.stringify({ ...state, sliceId: slice.sliceId, rows: slice.rows.length });
    process.emitWarning(
      `Worker ${member.host.id} has not moved for ${Math.round(now - before.at)} ms and is replaced (${describedState}; ${this.#parts.describeCrew()})`,
      { type: 'StalledWorkerWarning', code: 'POOLED_EXECUTOR_STALLED_WORKER' },
    );
    this.#stalls++;
    this.#parts.endWorker(member);
  }
}
