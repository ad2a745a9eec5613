import type { Clock } from './core/clock.ts';

/** Calls back at one instant at a time, or as soon as the present turn of the event loop is over. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: number; readonly cancel: () => void } | undefined;
  #soon = false;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at this instant, in ms on the monotonic clock, and at no other; Infinity: never. */
  setFor(at: number, now: number): void {
    if (this.#set?.at === at) return;
    this.#set?.cancel();
    this.#set = undefined;
    if (at === Infinity) return;
    const cancel = this.#clock.setTimer(() => {
      this.#set = undefined;
      this.#ring();
    }, at - now);
    this.#set = { at, cancel };
  }

  /** Rings in the next turn, once, whatever it is set for. */
  ringSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    this.#clock.defer(() => {
      this.#soon = false;
      this.#ring();
    });
  }
}
