import type { CapacitySignal } from '../../../src/core/capacity-error.ts';
import type { ResolvedThrottleOptions } from '../../../src/core/throttle/throttle-options.ts';
import type { ThrottledAttempt } from '../../../src/core/throttle/throttle.ts';

const EPS = 0.02;
const DELTA = 0.15;
const GAIN_429 = 1.25;
const GAIN_OTHER = 3;
const S = 8;
const CREDIT = 2;
const ALPHA = 0.03;
const T0 = 8_000;
const T1 = 2_000;
const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/**
 * The law by the letter, in one piece and with the letters of its specification, for one pool of `P`; beyond that, only
 * rate limits (429) pace at a gain of 1.25, others at 3.
 */
export class ThrottleModel {
  readonly P: number;
  readonly o: ResolvedThrottleOptions;
  now = 0;
  rowsReady = true;
  rowsWaiting = 0;
  readonly flying: ThrottledAttempt[] = [];
  d: number;
  peak: number;
  epoch = -Infinity;
  on = false;
  w: number;
  lat = 0;
  nextAt = -Infinity;
  lastCut = -Infinity;
  rated = false;
  paceUntil = -Infinity;
  lastRefusal = -Infinity;
  retryAfterUntil = -Infinity;
  lastDispatch = -Infinity;
  cr = 0;
  streak = Infinity;
  w0: number;
  stalled = false;
  probes = 0;
  probeAt = -Infinity;

  constructor(options: ResolvedThrottleOptions, poolSize: number) {
    this.o = options;
    this.P = poolSize;
    this.d = options.minDispatchDelayMs;
    this.peak = this.d;
    this.w = poolSize;
    this.w0 = poolSize;
  }

  get limit(): number {
    return this.on ? Math.max(1, Math.ceil(this.w)) : this.P;
  }

  get atRest(): boolean {
    const { minDispatchDelayMs: min } = this.o;
    return min === 0 && (!this.on || (this.w >= this.P && this.d === min && !this.stalled));
  }

  gate(t: number): number {
    const { minDispatchDelayMs: min } = this.o;
    return Math.max(
      this.lastDispatch + min,
      this.#gap(t) > 0 ? this.nextAt : -Infinity,
      this.stalled
        ? Math.max(
            Math.max(this.lastRefusal, this.lastDispatch) + this.#backoff(this.probes),
            this.retryAfterUntil,
          )
        : -Infinity,
    );
  }

  dispatch(attempt: ThrottledAttempt): void {
    this.lastDispatch = this.now;
    const g = this.#gap(this.now);
    if (g > 0) this.nextAt = Math.max(this.nextAt, this.now - CREDIT) + g;
    this.flying.push(attempt);
  }

  success(a: ThrottledAttempt): void {
    const t = this.now;
    this.#land(a);
    this.d = Math.max(this.o.minDispatchDelayMs, this.d - this.o.recoveryStepMs);
    this.lat = this.lat ? this.lat + ALPHA * (t - a.dispatchedAt - this.lat) : t - a.dispatchedAt;
    this.#answered(a);
    if (this.on && this.w < this.P && this.rowsReady) {
      const acc = 2 ** clamp((t - this.lastCut - T0) / T1, 0, 20);
      const eps = clamp(EPS * Math.sqrt(5 / this.w), 0.012, 0.04);
      this.w = Math.min(this.P, this.w + Math.min(0.5 * Math.min(1, this.w), eps * this.#unit() * acc));
    }
  }

  /** Returns the wait. */
  refusal(a: ThrottledAttempt, { statusCode: status, retryAfterMs: retryAfter }: CapacitySignal): number {
    const t = this.now;
    const { maxDispatchDelayMs: max, minDispatchDelayMs: min, backoffMultiplier: mult } = this.o;
    this.#land(a);
    this.on = true;
    this.lastRefusal = t;
    if (a.dispatchedAt >= this.epoch) {
      const base = Math.max(this.o.recoveryStepMs, min);
      this.d = Math.min(max, this.d <= min ? Math.max(base, this.d * mult) : this.d * mult);
      this.epoch = t;
      this.peak = Math.max(this.peak, this.d);
    }
    if (retryAfter !== undefined) this.retryAfterUntil = Math.max(this.retryAfterUntil, t + retryAfter);
    const survives = (b: ThrottledAttempt) =>
      this.streak <= b.dispatchedAt && b.dispatchedAt <= a.dispatchedAt;
    if (this.cr > 0 && !this.stalled && this.flying.some(survives)) {
      this.cr = 0;
      this.streak = Infinity;
    }
    if (this.cr === 0) this.w0 = this.w;
    this.cr++;
    this.streak = Math.min(this.streak, a.dispatchedAt);
    if (this.stalled) {
      if (a.dispatchedAt >= this.probeAt) {
        this.probes++;
        this.probeAt = t;
      }
    } else if (this.cr >= S) {
      this.stalled = true;
      this.probes = 0;
      this.probeAt = t;
    }
    const alone = this.P === 1 || (this.flying.length === 0 && this.rowsWaiting === 0);
    const wait = Math.max(1, alone ? this.d : this.#backoff(a.refusals), retryAfter ?? 0);
    if (status !== 529) {
      this.lastCut = t;
      if (!this.stalled) this.rated = status === 429;
      if (!this.stalled)
        this.w = Math.max(status === 429 ? 0.01 : Math.min(this.w, 0.8), this.w - this.#unit());
      else if (!a.probe && this.w > 1) this.w = Math.max(1, this.w - 1);
    }
    return wait;
  }

  /** The service answered otherwise. */
  other(a: ThrottledAttempt): void {
    this.#land(a);
    this.#answered(a);
  }

  lost(a: ThrottledAttempt): void {
    this.#land(a);
  }

  #answered(a: ThrottledAttempt): void {
    if (this.cr === 0 || a.dispatchedAt < this.streak) return;
    this.cr = 0;
    this.streak = Infinity;
    if (!this.stalled) return;
    this.stalled = false;
    this.w = Math.max(this.w, this.w0);
    this.nextAt = this.now;
    this.paceUntil = this.now + this.lat;
  }

  #gap(t: number): number {
    if (!this.on || this.lat === 0 || (this.w >= this.P && t >= this.paceUntil)) return 0;
    const most = this.rated || t < this.paceUntil ? GAIN_429 : GAIN_OTHER;
    const gain = 1 + (most - 1) * clamp((this.w - 1) / 2, 0, 1);
    return Math.min(this.o.maxDispatchDelayMs, this.lat / (this.w * gain));
  }

  #backoff(exponent: number): number {
    const { maxDispatchDelayMs, minDispatchDelayMs, backoffMultiplier, recoveryStepMs } = this.o;
    const base = Math.max(recoveryStepMs, minDispatchDelayMs);
    return Math.max(1, Math.min(maxDispatchDelayMs, base * backoffMultiplier ** Math.min(30, exponent)));
  }

  #unit(): number {
    return Math.min(1, DELTA * this.w);
  }

  #land(a: ThrottledAttempt): void {
    this.flying.splice(this.flying.indexOf(a), 1);
  }
}
