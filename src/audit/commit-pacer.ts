import type { Clock } from '../core/clock.ts';

/** An append to a file costs as much as some hundred rows in it, so under load there are no more of them than this allows. */
const INTERVAL_MS = 20;
/** How long it takes at most to notice that somebody waits. */
const STEP_MS = 2;

/**
 * Spaces out the appends to a trail while all permits are in use: then nobody waits for a record, and each append takes
 * time from the rows that run.
 */
export class CommitPacer {
  readonly #clock: Clock;
  readonly #isSaturated: () => boolean;
  #lastAt = -Infinity;

  constructor(clock: Clock, isSaturated: () => boolean) {
    this.#clock = clock;
    this.#isSaturated = isSaturated;
  }

  /** Resolves when the next append may begin. */
  async pause(): Promise<void> {
    const until = this.#lastAt + INTERVAL_MS;
    while (this.#clock.now() < until && this.#isSaturated()) {
      await new Promise<void>((resolve) => {
        this.#clock.setTimer(resolve, STEP_MS);
      });
    }
    this.#lastAt = this.#clock.now();
  }
}
