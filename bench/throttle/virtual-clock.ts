import { BinaryHeap } from '../../src/core/binary-heap.ts';
import type { Clock } from '../../src/core/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** What epoch instants begin with: libraries take an epoch of 0 for none. */
const EPOCH = 1_700_000_000_000;

/** Time that passes as fast as the events of a simulation can be dealt with. */
export class VirtualClock implements Clock {
  readonly #timers = new BinaryHeap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #deferred: (() => void)[] = [];
  #now = 0;
  #order = 0;

  now(): number {
    return this.#now;
  }

  toEpoch(now: number): number {
    return EPOCH + now;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** Nothing hangs here. */
  setLimit(): () => void {
    return () => undefined;
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  /** Lets time pass from event to event until the promise settles. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    const outcome = { settled: false };
    const note = () => {
      outcome.settled = true;
    };
    promise.then(note, note);
    for (;;) {
      await turn(); // everything that needs no time goes on by itself
      if (this.#deferred.length > 0) this.#runDeferred();
      else if (outcome.settled) return promise;
      else this.#fireNext();
    }
  }

  #runDeferred(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const callback of deferred) callback();
  }

  /** Fires the next timer and all others of the same instant. */
  #fireNext(): void {
    const first = this.#timers.peek();
    if (first === undefined) throw new Error('Cannot go on as nothing will ever happen');
    for (let timer = this.#timers.peek(); timer?.at === first.at; timer = this.#timers.peek()) {
      this.#timers.pop();
      if (timer.callback === undefined) continue;
      this.#now = timer.at;
      timer.callback();
    }
  }
}

/** Resolves when no promise that is settled has callbacks left to run. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
