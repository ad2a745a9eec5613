import { AimdDelay, type AimdDelayOptions } from './aimd-delay.ts';
import type { CapacitySignal } from './capacity-error.ts';

/** One dispatched attempt, as the throttle sees it. The same object is given at dispatch and at its end. */
export interface ThrottledAttempt {
  /** When it was dispatched, in ms on the caller's monotonic clock. */
  readonly dispatchedAt: number;
  /** How often the row was refused before this attempt. */
  readonly refusals: number;
}

/** A refusal and what surrounded it. */
export interface Refusal extends CapacitySignal {
  /** True when no other attempt is in flight or waiting out a refusal, or when only one may ever be in flight. */
  readonly alone: boolean;
}

/**
 * What slows the dispatch of all rows. Pure: it never sleeps and has no clock; `now` is an argument, in ms on a
 * monotonic clock. One throttle may serve several executors that share a quota.
 */
export interface Throttle {
  /** The delay `d` in force, in ms. */
  readonly currentDelayMs: number;
  /** The highest delay so far, in ms. */
  readonly peakDelayMs: number;
  /** True when nothing speaks against sending many rows in one message. */
  readonly atRest: boolean;
  /** How many attempts may be in flight. */
  limit(): number;
  /** The earliest instant of the next dispatch; not later than `now` when the gate is open. */
  gateAt(now: number): number;
  onDispatch(attempt: ThrottledAttempt): void;
  onSuccess(attempt: ThrottledAttempt, now: number): void;
  /** Returns the wait that the refused row has to observe, in ms, never below 1. */
  onCapacityError(attempt: ThrottledAttempt, refusal: Refusal, now: number): number;
  /** Any other end of an attempt: an error, a lost worker, or never started. */
  onOther(attempt: ThrottledAttempt, now: number): void;
}

/** Doubling beyond this exponent changes nothing within any cap and would overflow. */
const MAX_EXPONENT = 30;
const MIN_BACKOFF_MS = 1;

/** The AIMD delay, the row's own exponential backoff, Retry-After, and the static gate between dispatches. */
export class AimdThrottle implements Throttle {
  readonly #options: AimdDelayOptions;
  readonly #delay: AimdDelay;
  #lastDispatchAt = -Infinity;

  constructor(options: AimdDelayOptions) {
    this.#options = options;
    this.#delay = new AimdDelay(options);
  }

  get currentDelayMs(): number {
    return this.#delay.currentMs;
  }

  get peakDelayMs(): number {
    return this.#delay.peakMs;
  }

  get atRest(): boolean {
    return this.#delay.atFloor && this.#options.minDispatchDelayMs === 0;
  }

  limit(): number {
    return Infinity;
  }

  gateAt(_now: number): number {
    return this.#lastDispatchAt + this.#options.minDispatchDelayMs;
  }

  onDispatch(attempt: ThrottledAttempt): void {
    this.#lastDispatchAt = attempt.dispatchedAt;
  }

  onSuccess(_attempt: ThrottledAttempt, _now: number): void {
    this.#delay.onSuccess();
  }

  onCapacityError(attempt: ThrottledAttempt, refusal: Refusal, now: number): number {
    this.#delay.onCapacityError(attempt.dispatchedAt, now);
    const own = refusal.alone ? this.#delay.currentMs : this.#backoffMs(attempt.refusals);
    return Math.max(own, refusal.retryAfterMs ?? 0, MIN_BACKOFF_MS);
  }

  onOther(_attempt: ThrottledAttempt, _now: number): void {
    // neither a success nor a refusal: the delay stays as it is
  }

  #backoffMs(refusals: number): number {
    const { minDispatchDelayMs, maxDispatchDelayMs, backoffMultiplier, recoveryStepMs } = this.#options;
    const base = Math.max(recoveryStepMs, minDispatchDelayMs);
    return Math.min(maxDispatchDelayMs, base * backoffMultiplier ** Math.min(MAX_EXPONENT, refusals));
  }
}
