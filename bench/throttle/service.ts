import { CapacityError } from '../../src/core/capacity-error.ts';
import type { Dice } from './dice.ts';
import type { Limit } from './limits.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** One call of the service, as its caller saw it. Instants in ms. */
export interface Attempt {
  readonly row: number;
  readonly sentAt: number;
  readonly arrivedAt: number;
  readonly endedAt: number;
  readonly accepted: boolean;
}

/** Each way takes between these, in ms. */
export const LEAST_WAY_MS = 2.5;
export const MOST_WAY_MS = 10;
export const SIGMA = 0.5;

/** A service at the other end of a network, with a log. */
export class Service {
  readonly attempts: Attempt[] = [];
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #limit: Limit;
  readonly #meanWorkMs: number;

  constructor(clock: VirtualClock, dice: Dice, limit: Limit, meanWorkMs: number) {
    this.#clock = clock;
    this.#dice = dice;
    this.#limit = limit;
    this.#meanWorkMs = meanWorkMs;
  }

  /** Resolves when the service has answered; rejects with a {@link CapacityError} when it has refused. */
  async call(row: number): Promise<void> {
    const sentAt = this.#clock.now();
    await this.#pass(this.#dice.uniform(LEAST_WAY_MS, MOST_WAY_MS));
    const arrivedAt = this.#clock.now();
    const status = this.#limit.arrive(arrivedAt, row);
    if (status === undefined) {
      await this.#pass(this.#dice.logNormal(this.#meanWorkMs, SIGMA));
      this.#limit.leave();
    }
    await this.#pass(this.#dice.uniform(LEAST_WAY_MS, MOST_WAY_MS));
    const accepted = status === undefined;
    this.attempts.push({ row, sentAt, arrivedAt, endedAt: this.#clock.now(), accepted });
    if (!accepted) throw new CapacityError(status);
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, ms);
    });
  }
}
