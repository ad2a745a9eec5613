import type {
  Throttle,
  ThrottledAttempt,
  ThrottleMember,
  ThrottleSeat,
} from '../../src/core/throttle/throttle.ts';

const MAX_DELAY_MS = 5_000;
const FACTOR = 2;
const STEP_MS = 50;

/**
 * The law of the executor's predecessor, behind the same port: one delay for all, which every refusal doubles and every
 * success shortens; a refused row waits it, new rows are not held back.
 */
export class PredecessorThrottle implements Throttle, ThrottleSeat {
  readonly atRest = false;
  readonly probing = false;
  currentDelayMs = 0;
  peakDelayMs = 0;

  join(_member: ThrottleMember): ThrottleSeat {
    return this;
  }

  mayDispatch(): boolean {
    return true;
  }

  gateAt(_now: number): number {
    return -Infinity;
  }

  onSuccess(_attempt: ThrottledAttempt, _now: number, rows: number): void {
    this.currentDelayMs = Math.max(0, this.currentDelayMs - rows * STEP_MS);
  }

  onCapacityError(_attempt: ThrottledAttempt): number {
    this.currentDelayMs = Math.min(MAX_DELAY_MS, Math.max(STEP_MS, this.currentDelayMs * FACTOR));
    this.peakDelayMs = Math.max(this.peakDelayMs, this.currentDelayMs);
    return this.currentDelayMs;
  }

  onDispatch(): void {
    // it does not count what is in flight
  }

  onOtherAnswer(): void {
    // says nothing about the load
  }

  onPumped(): void {
    // nobody else is waiting
  }

  leave(): void {
    // nobody is counted
  }
}
