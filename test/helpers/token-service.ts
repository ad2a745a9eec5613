import { CapacityError } from '../../src/index.ts';
import type { Clock } from '../../src/core/clock.ts';

const ROUND_TRIP_MS = 10;
const WORK_MS = 50;

/** A service that accepts so many calls per second, and refuses the others with 429. */
export class TokenService {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, { perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  async call(): Promise<void> {
    const accepted = this.#takeToken();
    await this.#pass(accepted ? ROUND_TRIP_MS + WORK_MS : ROUND_TRIP_MS);
    if (!accepted) throw new CapacityError(429);
  }

  #takeToken(): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) * this.#perSecond) / 1_000);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, ms);
    });
  }
}
