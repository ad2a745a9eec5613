import type { Clock } from '../../src/core/clock.ts';
import { turns } from './event-loop.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** An executor whose rows may run on other threads. */
interface Watched {
  readonly poolSize: number;
  readonly availablePermits: number;
}

/** What epoch instants of a {@link FakeClock} begin with. */
export const FAKE_EPOCH = 1_700_000_000_000;

/**
 * Virtual time: it passes only when the test says so, and timers fire in the order of their instants. What is deferred
 * runs in the next turn of the event loop, so that everything that needs no time goes on by itself.
 */
export class FakeClock implements Clock {
  #now = 0;
  #order = 0;
  #timers: Timer[] = [];
  readonly #limits = new Set<Timer>();
  readonly #watched: Watched[] = [];
  #armed = Promise.withResolvers<void>();

  now(): number {
    return this.#now;
  }

  toEpoch(now: number): number {
    return FAKE_EPOCH + now;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(timer);
    this.#armed.resolve();
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Falls due only by {@link advance}: threads start in real time, of which this clock knows nothing. */
  setLimit(callback: () => void, delayMs: number): () => void {
    const limit = { at: this.#now + delayMs, order: this.#order++, callback };
    this.#limits.add(limit);
    return () => this.#limits.delete(limit);
  }

  defer(callback: () => void): void {
    setImmediate(callback);
  }

  /** From now on {@link runUntil} lets no time pass while rows of the executor run: they take no time. */
  watch(executor: Watched): void {
    this.#watched.push(executor);
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.length + this.#limits.size;
  }

  /** Time until the next timer; undefined when there is none. */
  get untilNextMs(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#now;
  }

  /** Time passes while code runs, as inside a transform: no timer fires, they are late afterwards. */
  elapse(ms: number): void {
    this.#now += ms;
  }

  /** Lets `ms` pass: fires every timer that falls due, in order, each after everything before it has settled. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turns();
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#fire(next);
      await turns();
    }
    this.#now = Math.max(this.#now, end);
    for (const limit of this.#limits) {
      if (limit.at > end) continue;
      this.#limits.delete(limit);
      limit.callback();
    }
    await turns();
  }

  /** Lets time pass up to the next timer and fires it; returns how long that took. */
  async advanceToNext(): Promise<number> {
    await turns();
    const next = this.#next();
    if (next === undefined) throw new Error('Cannot advance the clock as no timer waits');
    const before = this.#now;
    this.#fire(next);
    await turns();
    return this.#now - before;
  }

  /** Lets time pass, timer by timer and only while no row runs, until the promise settles; for threads too. */
  async runUntil<Value>(promise: Promise<Value>): Promise<Value> {
    const outcome = { settled: false };
    const note = () => {
      outcome.settled = true;
    };
    const done = promise.then(note, note);
    for (;;) {
      await turns(5);
      if (outcome.settled) return promise;
      if (this.#watched.some(({ poolSize, availablePermits }) => availablePermits < poolSize)) continue;
      const next = this.#next();
      if (next !== undefined) this.#fire(next);
      else await Promise.race([done, this.#nextArmed()]);
    }
  }

  #nextArmed(): Promise<void> {
    this.#armed = Promise.withResolvers<void>();
    return this.#armed.promise;
  }

  #next(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>(
      (first, timer) =>
        first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)
          ? timer
          : first,
      undefined,
    );
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
  }
}
