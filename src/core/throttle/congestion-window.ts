/** What a refusal takes off the window, as a share of it; at most {@link MOST_UNIT}. */
const CUT_SHARE = 0.15;
const MOST_UNIT = 1;
/** The refused share aimed at, for a window of {@link REFERENCE_SIZE}, and its bounds. */
const AIM = 0.02;
const REFERENCE_SIZE = 5;
const LEAST_AIM = 0.012;
const MOST_AIM = 0.04;
/** Without a cut for this long, in ms, growth doubles every {@link DOUBLING_MS}: the limit has gone up. */
const PATIENCE_MS = 8_000;
const DOUBLING_MS = 2_000;
const MOST_DOUBLINGS = 20;
/** No success adds more than this to the window (as a share of it while it is below 1). */
const MOST_GROWTH = 0.5;
/** Below one attempt in flight the window only spaces attempts out, which a rate limit may need and no other limit does. */
const LEAST_FOR_RATE_LIMIT = 0.01;
const LEAST_FOR_OTHERS = 0.8;
const RATE_LIMITED = 429;

/**
 * How many attempts may be in flight, as a real number: `w`. Additive increase, bounded decrease: a refusal takes one unit
 * `u = min(1, 0.15 w)`, a success adds `aim(w) * u`. The window rests where refusals are `aim` of all answers: it finds the
 * limit of a service by touching it that often, whatever the limit is (AIMD: Chiu and Jain 1989; the aim in place of a fixed
 * increase: as in TCP's response functions, Floyd 2003). The aim falls with `w`, so that windows on one quota converge.
 */
export class CongestionWindow {
  #most = 0;
  #size = 0;
  #cutAt = -Infinity;
  #isRateLimited = false;

  /** The most it can be: the pool's size. */
  get most(): number {
    return this.#most;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether it limits nothing. */
  get isFull(): boolean {
    return this.#size >= this.#most;
  }

  /** Whether the last cut was for a rate: too many attempts per second, not at once. */
  get isRateLimited(): boolean {
    return this.#isRateLimited;
  }

  /** Attempts that may be in flight: at least one, or nothing would ever be found out. */
  get limit(): number {
    return Math.max(1, Math.ceil(this.#size));
  }

  /** The pool has another size. A window that limited nothing still does not. */
  resize(most: number): void {
    this.#size = this.isFull ? most : Math.min(this.#size, most);
    this.#most = most;
  }

  /** A success, while more rows wait: a pool that lacks work learns nothing about the limit. */
  grow(now: number): void {
    if (this.isFull) return;
    const doublings = clamp((now - this.#cutAt - PATIENCE_MS) / DOUBLING_MS, 0, MOST_DOUBLINGS);
    const growth = this.#aim() * this.#unit() * 2 ** doublings;
    this.#size = Math.min(this.#most, this.#size + Math.min(MOST_GROWTH * Math.min(1, this.#size), growth));
  }

  /** A refusal that says something about the limit. */
  cut(statusCode: number, now: number): void {
    this.#cutAt = now;
    this.#isRateLimited = statusCode === RATE_LIMITED;
    const least = this.#isRateLimited ? LEAST_FOR_RATE_LIMIT : Math.min(this.#size, LEAST_FOR_OTHERS);
    this.#size = Math.max(least, this.#size - this.#unit());
  }

  /** The same while the service accepts nothing, which says little about how much it will accept: down to one by one. */
  cutToOne(now: number): void {
    this.#cutAt = now;
    if (this.#size > 1) this.#size = Math.max(1, this.#size - 1);
  }

  /** A refusal that was to be expected, and takes nothing off: the limit has not gone up yet. */
  hold(now: number): void {
    this.#cutAt = now;
  }

  /** At least this size again. */
  restore(size: number): void {
    this.#size = Math.max(this.#size, Math.min(size, this.#most));
  }

  #unit(): number {
    return Math.min(MOST_UNIT, CUT_SHARE * this.#size);
  }

  #aim(): number {
    return clamp(AIM * Math.sqrt(REFERENCE_SIZE / this.#size), LEAST_AIM, MOST_AIM);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
