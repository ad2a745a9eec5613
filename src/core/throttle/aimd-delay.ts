import type { ResolvedThrottleOptions } from './throttle-options.ts';

/**
 * The documented delay `d`: additive increase, multiplicative decrease of the rate (Chiu and Jain 1989), so of the
 * delay the other way round. Consecutive refusals give 50, 100, 200 ... 5000 ms with the defaults, each success 50 ms less.
 */
export class AimdDelay {
  readonly #options: ResolvedThrottleOptions;
  #delayMs: number;
  #peakMs: number;
  #increasedAt = -Infinity;

  constructor(options: ResolvedThrottleOptions) {
    this.#options = options;
    this.#delayMs = options.minDispatchDelayMs;
    this.#peakMs = options.minDispatchDelayMs;
  }

  get currentMs(): number {
    return this.#delayMs;
  }

  get peakMs(): number {
    return this.#peakMs;
  }

  get atFloor(): boolean {
    return this.#delayMs <= this.#options.minDispatchDelayMs;
  }

  onSuccess(): void {
    this.#delayMs = Math.max(this.#options.minDispatchDelayMs, this.#delayMs - this.#options.recoveryStepMs);
  }

  /**
   * Grows once per congestion event: a refusal of an attempt that was dispatched before the last increase tells
   * nothing new. A delay at its floor grows to at least one recovery step, so that 0 does not stay 0.
   */
  onCapacityError(dispatchedAt: number, now: number): void {
    if (dispatchedAt < this.#increasedAt) return;
    const { minDispatchDelayMs, maxDispatchDelayMs, backoffMultiplier, recoveryStepMs } = this.#options;
    const grown = this.#delayMs * backoffMultiplier;
    const floor = this.atFloor ? Math.max(recoveryStepMs, minDispatchDelayMs) : 0;
    this.#delayMs = Math.min(maxDispatchDelayMs, Math.max(floor, grown));
    this.#increasedAt = now;
    this.#peakMs = Math.max(this.#peakMs, this.#delayMs);
  }
}
