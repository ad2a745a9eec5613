import type { Clock } from '../core/clock.ts';
import type { FlightTable } from '../core/flight-table.ts';
import { failure, lost, type Blame, type Outcome } from '../core/outcome.ts';
import { messageOf } from '../core/row-error.ts';
import { POOL_COUNTER, type ConcurrencyGauge } from './concurrency-gauge.ts';
import { NOTHING_STARTED, type Slice, type SliceReport } from './engine.ts';
import type { Flight } from './flight-watch.ts';
import type { Host } from './host.ts';
import { isRunning, type Lanes, type LaneState } from './lanes.ts';
import { attemptTimeoutMessage } from './slice-runner.ts';

export interface LossReporterParts {
  readonly flights: FlightTable<Flight>;
  readonly workers: { readonly gauge: ConcurrencyGauge; readonly lanes: Lanes };
  readonly clock: Clock;
  /** Origin of the lanes' clock, in ms on the monotonic clock. */
  readonly originMs: number;
  readonly attemptTimeoutMs: number | undefined;
  /** Whether the worker was ended from here: what runs there is not to blame. */
  readonly isEnded: (host: Host) => boolean;
}

/** How the end of a worker that ran out of memory is told; see {@link describeEnd}. */
const OUT_OF_MEMORY = /ERR_WORKER_OUT_OF_MEMORY|SIGABRT|SIGTRAP|SIGILL/;

/** Finds out, when a worker is gone, what has become of the slices that it had, and which row ended it. */
export class LossReporter {
  readonly #parts: LossReporterParts;

  constructor(parts: LossReporterParts) {
    this.#parts = parts;
  }

  /**
   * The worker is gone: what is kept of the slice, and which row was lost with it, as it ran, or as its outcome was of a kind
   * that is not kept and had not left yet. Rows behind were never started.
   */
  report(flight: Flight, reason: unknown): SliceReport {
    const { slice, member } = flight;
    const { host } = member;
    const state = this.#parts.workers.lanes.read(slice.lane);
    if (state.row < 0) return this.#reportUntouched(flight, state, reason);
    const running = isRunning(state);
    this.#leaveGauge(slice, state);
    const over = running ? state.row : state.row + 1;
    const kept = host.keptOutcomes(slice.lane).slice(0, over);
    const outcomes: Outcome[] = kept.map(({ outcome }) => outcome);
    const times = kept.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt]);
    if (running || kept.length < over) {
      const now = this.#parts.clock.now();
      outcomes.push(this.#lossOf(flight, state, reason));
      // the lane says it a little less exactly: it did not begin before the row before it had ended
      const startedAt = Math.max(times.at(-1) ?? 0, this.#parts.originMs + state.startedMs);
      times.push(Math.min(now, startedAt), now);
    }
    return { threadId: host.id, outcomes, times: Float64Array.from(times), disturbed: true };
  }

  /** None of its rows had begun. If no row ran there at all, it may be one of these that can't even be unpacked. */
  #reportUntouched(flight: Flight, state: LaneState, reason: unknown): SliceReport {
    const { slice } = flight;
    const { host } = flight.member;
    this.#leaveGauge(slice, state);
    if (this.#parts.isEnded(host)) return NOTHING_STARTED;
    if (slice.behind !== undefined && state.threadId === 0) return NOTHING_STARTED; // it waited for its turn
    // it had ended when the slice was sent, unless that was more than it could take in
    if (state.threadId === 0 && !OUT_OF_MEMORY.test(describeEnd(reason))) return NOTHING_STARTED;
    if (this.#othersOn(flight).length > 0) return NOTHING_STARTED;
    const outcomes = slice.rows.map(() => lost(reason, slice.alone ? 'culprit' : 'suspect'));
    const times = new Float64Array(2 * outcomes.length).fill(this.#parts.clock.now());
    return { threadId: host.id, outcomes, times, disturbed: true };
  }

  /** In the place of a worker that can't any more. */
  #leaveGauge({ counter }: Slice, { state }: LaneState): void {
    if (state !== 'outside')
      for (const each of [POOL_COUNTER, counter]) this.#parts.workers.gauge.leave(each);
  }

  #lossOf(flight: Flight, state: LaneState, reason: unknown): Outcome {
    const { attemptTimeoutMs } = this.#parts;
    if (flight.timedOut && attemptTimeoutMs !== undefined) {
      return failure('attempt_timeout', attemptTimeoutMessage(attemptTimeoutMs), { maxMs: attemptTimeoutMs });
    }
    return lost(reason, this.#blameOf(flight, state));
  }

  #blameOf(flight: Flight, { blame }: LaneState): Blame {
    const { member, slice } = flight;
    if (this.#parts.isEnded(member.host)) return 'bystander';
    if (blame !== 'unknown') return blame === 'culprit' ? 'culprit' : 'bystander';
    const { lanes } = this.#parts.workers;
    const anyBegun = this.#othersOn(flight).some((other) => lanes.read(other.slice.lane).state !== 'outside');
    return slice.alone || !anyBegun ? 'culprit' : 'suspect';
  }

  #othersOn({ member, slice }: Flight): Flight[] {
    return this.#parts.flights.list().filter((other) => other.member === member && other.slice !== slice);
  }
}

function describeEnd(reason: unknown): string {
  const { code } = reason as { readonly code?: unknown };
  return `${String(code)} ${messageOf(reason)}`;
}
