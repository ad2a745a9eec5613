import { TrackedClock } from './tracked-clock.ts';

interface Armed {
  readonly dueAt: number;
  readonly fire: () => void;
}

/**
 * The real clock, until the test skips time: what is due then is called at once. For what has to happen after a real event
 * of a worker, such as the end of a row's time, however fast the machine is.
 */
export class SkippingClock extends TrackedClock {
  readonly #armed = new Set<Armed>();
  #skippedMs = 0;

  override now(): number {
    return super.now() + this.#skippedMs;
  }

  override setTimer(callback: () => void, delayMs: number): () => void {
    return this.#arm(callback, delayMs, (fire) => super.setTimer(fire, delayMs));
  }

  override setLimit(callback: () => void, delayMs: number): () => void {
    return this.#arm(callback, delayMs, (fire) => super.setLimit(fire, delayMs));
  }

  /** Test: so many ms have passed. Rows that start later do not notice. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    const now = this.now();
    const due = [...this.#armed].filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt);
    for (const armed of due) if (this.#armed.has(armed)) armed.fire();
  }

  #arm(callback: () => void, delayMs: number, start: (fire: () => void) => () => void): () => void {
    const armed: Armed = {
      dueAt: this.now() + delayMs,
      fire: () => {
        disarm();
        callback();
      },
    };
    const cancel = start(armed.fire);
    const disarm = () => {
      this.#armed.delete(armed);
      cancel();
    };
    this.#armed.add(armed);
    return disarm;
  }
}
