import type { Scheduler } from 'fast-check';
import type { Clock } from '../../src/core/clock.ts';
import { FAKE_EPOCH } from './fake-clock.ts';

/**
 * Virtual time under a seeded scheduler, which chooses when each timer fires and each deferred callback runs among all
 * else that could happen. A timer may be late, as in life, never early: the time jumps to its instant.
 */
export class ScheduledClock implements Clock {
  readonly #scheduler: Scheduler;
  #now = 0;
  #armed = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** How many timers are neither fired nor cancelled. */
  get timers(): number {
    return this.#armed;
  }

  now(): number {
    return this.#now;
  }

  toEpoch(now: number): number {
    return FAKE_EPOCH + now;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const at = this.#now + delayMs;
    let armed = true;
    this.#armed++;
    const disarm = () => {
      if (armed) this.#armed--;
      armed = false;
    };
    void this.#scheduler.schedule(Promise.resolve(), `timer of ${delayMs} ms`).then(() => {
      if (!armed) return;
      disarm();
      this.#now = Math.max(this.#now, at);
      callback();
    });
    return disarm;
  }

  /** What limits end does not happen here. */
  setLimit(): () => void {
    return () => undefined;
  }

  defer(callback: () => void): void {
    void this.#scheduler.schedule(Promise.resolve(), 'deferred').then(callback);
  }
}
