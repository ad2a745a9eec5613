import { messageOf } from './core/row-error.ts';
import type { Batch } from './batch.ts';
import type { Clock } from './core/clock.ts';
import { RateWindow } from './core/rate-window.ts';
import type { Progress } from './options.ts';

/** Calls a progress callback; a callback that throws is warned about, once, and must not disturb the batch. */
export class ProgressReporter {
  readonly #callback: (progress: Progress) => void;
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
      this.#callback({ submitted, emitted, inFlight, inBackoff, errors, currentDelayMs, rowsPerSecond });
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
