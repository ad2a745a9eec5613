import type { Clock } from '../../src/core/clock.ts';
import { createSystemClock } from '../../src/system-clock.ts';

/** The real clock, with a count of the timers that are neither fired nor cancelled. */
export class TrackedClock implements Clock {
  readonly #clock = createSystemClock();
  #armed = 0;

  get timers(): number {
    return this.#armed;
  }

  now(): number {
    return this.#clock.now();
  }

  toEpoch(now: number): number {
    return this.#clock.toEpoch(now);
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    return this.#tracked(callback, (tracked) => this.#clock.setTimer(tracked, delayMs));
  }

  setLimit(callback: () => void, delayMs: number): () => void {
    return this.#tracked(callback, (tracked) => this.#clock.setLimit(tracked, delayMs));
  }

  defer(callback: () => void): void {
    this.#clock.defer(callback);
  }

  #tracked(callback: () => void, start: (tracked: () => void) => () => void): () => void {
    let armed = true;
    this.#armed++;
    const disarm = () => {
      if (armed) this.#armed--;
      armed = false;
    };
    const cancel = start(() => {
      disarm();
      callback();
    });
    return () => {
      disarm();
      cancel();
    };
  }
}
