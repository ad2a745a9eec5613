import type { Clock } from '../core/clock.ts';

/**
 * Under load an append begins no sooner after the one before than so many times what that one took: the CPU time of a
 * commit, for few records most of the cost, is then at most 4% of a core, unless one takes more than 4 ms.
 */
const INTERVAL_PER_MS = 25;
const LEAST_INTERVAL_MS = 20;
const LONGEST_INTERVAL_MS = 100;

/**
 * Spaces out the appends to a trail while all permits are in use: then nobody waits for a record, and each append takes
 * time from the rows that run.
 */
export class CommitPacer {
  readonly #clock: Clock;
  readonly #isSaturated: () => boolean;
  #beganAt = -Infinity;
  #intervalMs = LEAST_INTERVAL_MS;
  #isHurried = false;
  /** Ends the pause under way. */
  #endPause: (() => void) | undefined;

  constructor(clock: Clock, isSaturated: () => boolean) {
    this.#clock = clock;
    this.#isSaturated = isSaturated;
  }

  /** Resolves when the next append may begin; it is taken to begin then. */
  async pause(): Promise<void> {
    const waitMs = this.#beganAt + this.#intervalMs - this.#clock.now();
    if (waitMs > 0 && !this.#isHurried && this.#isSaturated()) await this.#wait(waitMs);
    this.#isHurried = false;
    this.#beganAt = this.#clock.now();
  }

  /** The append that began last is over. */
  onAppended(): void {
    const tookMs = this.#clock.now() - this.#beganAt;
    this.#intervalMs = Math.min(LONGEST_INTERVAL_MS, Math.max(LEAST_INTERVAL_MS, INTERVAL_PER_MS * tookMs));
  }

  /** A row that runs waits for what the next append will hold: that begins as soon as it can. */
  hurry(): void {
    this.#isHurried = true;
    this.#endPause?.();
  }

  /** A permit is free: a pause under way ends. */
  onPermitFree(): void {
    this.#endPause?.();
  }

  async #wait(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.setTimer(resolve, waitMs);
    this.#endPause = () => {
      cancel();
      resolve();
    };
    await promise;
    this.#endPause = undefined;
  }
}
