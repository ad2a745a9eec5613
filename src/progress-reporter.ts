import { messageOf } from './core/row-error.ts';
import type { Batch } from './batch.ts';
import type { Clock } from './core/clock.ts';
import { RateWindow } from './core/rate-window.ts';
import type { Progress } from './options.ts';

/** Calls a progress callback; one that throws, or rejects, is warned about, once, and must not disturb the batch. */
export class ProgressReporter {
  /** Its type allows an async function too, whose promise nobody else looks at. */
  readonly #callback: (progress: Progress) => unknown;
  readonly #clock: Clock;
  readonly #currentDelayMs: () => number;
  readonly #rate: RateWindow;
  #warned = false;

  constructor(callback: (progress: Progress) => void, clock: Clock, currentDelayMs: () => number) {
    this.#callback = callback;
    this.#clock = clock;
    this.#currentDelayMs = currentDelayMs;
    this.#rate = new RateWindow(clock.now());
  }

  report(batch: Batch): void {
    const { submitted, errors } = batch.stats;
    const { delivered: emitted, inFlight, inBackoff } = batch;
    const rowsPerSecond = this.#rate.rate(this.#clock.now(), emitted);
    try {
      const currentDelayMs = this.#currentDelayMs();
      const returned = this.#callback({
        submitted,
        emitted,
        inFlight,
        inBackoff,
        errors,
        currentDelayMs,
        rowsPerSecond,
      });
      if (returned !== undefined) Promise.resolve(returned).catch((reason: unknown) => this.#warn(reason));
    } catch (reason) {
      this.#warn(reason);
    }
  }

  #warn(reason: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    const text = messageOf(reason);
    process.emitWarning(`onProgress threw and is ignored: ${text}`, 'PooledExecutorWarning');
  }
}
