import type { CapacitySignal } from '../capacity-error.ts';
import { backoffMs } from './backoff.ts';
import type { ResolvedThrottleOptions } from './throttle-options.ts';
import type { ThrottledAttempt } from './throttle.ts';

/** So many refusals in a row, with nothing accepted between them, are a stall. */
const STALL_AFTER = 8;

/**
 * Refusals with nothing accepted between them. When there are many, the service accepts nothing at all: the pool stalls, and
 * single probes, each a longer wait after the last, find out when that changes (a circuit breaker that is half open: Nygard,
 * Release It!, 2007). Only an answer to an attempt dispatched after the first of the refusals ends the streak: earlier ones
 * say nothing about the service as it is now.
 */
export class RefusalStreak {
  readonly #options: ResolvedThrottleOptions;
  #count = 0;
  /** The dispatch of its earliest attempt. */
  #since = Infinity;
  #windowBefore = 0;
  #stalled = false;
  /** Refused probes of this stall. */
  #probes = 0;
  #probedAt = -Infinity;
  #refusedAt = -Infinity;
  #retryAfterUntil = -Infinity;

  constructor(options: ResolvedThrottleOptions) {
    this.#options = options;
  }

  get isStalled(): boolean {
    return this.#stalled;
  }

  /** The size of the window when the streak began. */
  get windowBefore(): number {
    return this.#windowBefore;
  }

  /** The earliest instant of the next dispatch. */
  gateAt(lastDispatchAt: number): number {
    if (!this.#stalled) return -Infinity;
    const probeAt = Math.max(this.#refusedAt, lastDispatchAt) + backoffMs(this.#options, this.#probes);
    return Math.max(probeAt, this.#retryAfterUntil);
  }

  /** The service answered, and not that it is busy. Returns whether that ended a stall. */
  onAnswer(attempt: ThrottledAttempt): boolean {
    if (attempt.dispatchedAt < this.#since) return false;
    const wasStalled = this.#stalled;
    this.#end();
    return wasStalled;
  }

  /**
   * @param others the attempts that are in flight besides the refused one: where one of them was dispatched within the
   *   streak, before the refused one, it has survived, so the service still accepts
   */
  onRefusal(
    attempt: ThrottledAttempt,
    { retryAfterMs }: CapacitySignal,
    state: { readonly window: number; readonly others: () => readonly ThrottledAttempt[] },
    now: number,
  ): void {
    this.#refusedAt = now;
    if (retryAfterMs !== undefined)
      this.#retryAfterUntil = Math.max(this.#retryAfterUntil, now + retryAfterMs);
    if (this.#count > 0 && !this.#stalled && this.#hasSurvivor(attempt, state.others())) this.#end();
    if (this.#count === 0) this.#windowBefore = state.window;
    this.#count++;
    this.#since = Math.min(this.#since, attempt.dispatchedAt);
    if (!this.#stalled) this.#stallIfLong(now);
    else if (attempt.dispatchedAt >= this.#probedAt) this.#lengthen(now);
  }

  #hasSurvivor({ dispatchedAt }: ThrottledAttempt, others: readonly ThrottledAttempt[]): boolean {
    return others.some((other) => this.#since <= other.dispatchedAt && other.dispatchedAt <= dispatchedAt);
  }

  #stallIfLong(now: number): void {
    if (this.#count < STALL_AFTER) return;
    this.#stalled = true;
    this.#probes = 0;
    this.#probedAt = now;
  }

  /** A probe was refused, and not one of the attempts that were in flight before. */
  #lengthen(now: number): void {
    this.#probes++;
    this.#probedAt = now;
  }

  #end(): void {
    this.#count = 0;
    this.#since = Infinity;
    this.#stalled = false;
  }
}
