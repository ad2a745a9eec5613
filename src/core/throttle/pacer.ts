import type { CongestionWindow } from './congestion-window.ts';

/** Share of a new sample in the average latency. */
const LATENCY_SHARE = 0.03;
/**
 * Dispatch is this much faster than window / latency, so that the window, not the pace, decides. A service that limits the
 * rate (429) wants attempts evenly spread; one that limits how many it works on at once has no use for that: each
 * millisecond that a free place waits for its next row is lost.
 */
const GAIN_FOR_RATE_LIMIT = 1.25;
const GAIN_FOR_OTHERS = 3;
/** Dispatches may be late by so many ms and be made up for: timers are no finer. */
const CREDIT_MS = 2;

/**
 * Spreads dispatches out: a window of attempts sent as one burst is refused where the same number, spread over a latency,
 * is not (pacing at window / latency is Little's law; the gain as in BBR, Cardwell et al. 2016).
 */
export class Pacer {
  readonly #mostMs: number;
  /** Moving average of the latency of successes; 0 before the first. */
  #latencyMs = 0;
  #nextAt = -Infinity;
  #pacedUntil = -Infinity;

  /** @param mostMs no gap is longer */
  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  /** So many rows succeeded, each with this latency. */
  onSuccess(latencyMs: number, rows = 1): void {
    const share = 1 - (1 - LATENCY_SHARE) ** rows;
    this.#latencyMs =
      this.#latencyMs === 0 ? latencyMs : this.#latencyMs + share * (latencyMs - this.#latencyMs);
  }

  /**
   * The time between two dispatches in ms; 0 where nothing is to be spread out. A window of one attempt has no gain, one of
   * three and more has all of it.
   */
  gapMs(window: CongestionWindow, now: number): number {
    if (this.#latencyMs === 0 || (window.isFull && now >= this.#pacedUntil)) return 0;
    const isEven = window.isRateLimited || now < this.#pacedUntil;
    const most = isEven ? GAIN_FOR_RATE_LIMIT : GAIN_FOR_OTHERS;
    const gain = 1 + (most - 1) * Math.min(1, Math.max(0, (window.size - 1) / 2));
    return Math.min(this.#mostMs, this.#latencyMs / (window.size * gain));
  }

  /** The earliest instant of the next dispatch. */
  gateAt(window: CongestionWindow, now: number): number {
    return this.gapMs(window, now) > 0 ? this.#nextAt : -Infinity;
  }

  onDispatch(window: CongestionWindow, now: number): void {
    const gapMs = this.gapMs(window, now);
    if (gapMs > 0) this.#nextAt = Math.max(this.#nextAt, now - CREDIT_MS) + gapMs;
  }

  /** The service accepts again: for one latency even a full window is not sent as one burst. */
  restart(now: number): void {
    this.#nextAt = now;
    this.#pacedUntil = now + this.#latencyMs;
  }
}
