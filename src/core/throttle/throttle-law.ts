import type { CapacitySignal } from '../capacity-error.ts';
import { AimdDelay } from './aimd-delay.ts';
import { backoffMs, MIN_BACKOFF_MS } from './backoff.ts';
import { CongestionWindow } from './congestion-window.ts';
import { Pacer } from './pacer.ts';
import { RefusalStreak } from './refusal-streak.ts';
import type { ResolvedThrottleOptions } from './throttle-options.ts';
import type { ThrottledAttempt } from './throttle.ts';

/** What surrounds an event, over all members. */
export interface ThrottleLoad {
  /** Whether no other attempt is in flight or waits out a refusal, or only one may ever be in flight. */
  readonly isAlone: boolean;
  /** Whether rows could be dispatched at once. */
  readonly hasReadyRows: boolean;
  /** The attempts in flight. */
  inFlight(): readonly ThrottledAttempt[];
}

/** The service is overloaded by others, which says nothing about this pool's share. */
const OVERLOADED_BY_OTHERS = 529;

/**
 * The law of the throttle. Until the first refusal it is off: a service without limits is never slowed. From then on a
 * window limits the attempts in flight, they are paced over a latency, and when nothing is accepted any more single probes
 * are sent. Beside that, and untouched by it, the documented delay is what a row that is alone waits; other rows wait by
 * their own refusals. Chosen, with its constants, among eleven laws by simulation; `npm run bench -- throttle` has its figures.
 */
export class ThrottleLaw {
  readonly #options: ResolvedThrottleOptions;
  readonly #delay: AimdDelay;
  readonly #window = new CongestionWindow();
  readonly #pacer: Pacer;
  readonly #streak: RefusalStreak;
  #isOn = false;
  #lastDispatchAt = -Infinity;

  constructor(options: ResolvedThrottleOptions) {
    this.#options = options;
    this.#delay = new AimdDelay(options);
    this.#pacer = new Pacer(options.maxDispatchDelayMs);
    this.#streak = new RefusalStreak(options);
  }

  get currentDelayMs(): number {
    return this.#delay.currentMs;
  }

  get peakDelayMs(): number {
    return this.#delay.peakMs;
  }

  /** The window's size, for those who watch; the pool's before the first refusal. */
  get windowSize(): number {
    return this.#window.size;
  }

  get atRest(): boolean {
    if (this.#options.minDispatchDelayMs > 0) return false;
    return !this.#isOn || (this.#window.isFull && this.#delay.atFloor && !this.#streak.isStalled);
  }

  get probing(): boolean {
    return this.#streak.isStalled;
  }

  /** How many attempts may be in flight, over all members. */
  get limit(): number {
    return this.#isOn ? this.#window.limit : Infinity;
  }

  /** How many attempts all pools together can have in flight. */
  resize(poolSize: number): void {
    this.#window.resize(poolSize);
  }

  /** The earliest instant of the next dispatch. */
  gateAt(now: number): number {
    const floorAt = this.#lastDispatchAt + this.#options.minDispatchDelayMs;
    if (!this.#isOn) return floorAt;
    return Math.max(
      floorAt,
      this.#pacer.gateAt(this.#window, now),
      this.#streak.gateAt(this.#lastDispatchAt),
    );
  }

  onDispatch({ dispatchedAt }: ThrottledAttempt): void {
    this.#lastDispatchAt = dispatchedAt;
    if (this.#isOn) this.#pacer.onDispatch(this.#window, dispatchedAt);
  }

  /** `rows` of the attempt succeeded. */
  onSuccess(
    { attempt, rows }: { readonly attempt: ThrottledAttempt; readonly rows: number },
    load: ThrottleLoad,
    now: number,
  ): void {
    this.#pacer.onSuccess((now - attempt.dispatchedAt) / attempt.rowCount, rows);
    if (!this.#isOn) return;
    for (let row = 0; row < rows; row++) {
      this.#delay.onSuccess();
      this.onOtherAnswer(attempt, now);
      if (load.hasReadyRows) this.#window.grow(now);
    }
  }

  /** Returns the wait that the row has to observe, in ms. */
  onCapacityError(
    attempt: ThrottledAttempt,
    refusal: CapacitySignal,
    load: ThrottleLoad,
    now: number,
  ): number {
    this.#isOn = true;
    this.#delay.onCapacityError(attempt.dispatchedAt, now);
    const state = { window: this.#window.size, others: () => load.inFlight() };
    this.#streak.onRefusal(attempt, refusal, state, now);
    if (refusal.statusCode !== OVERLOADED_BY_OTHERS) this.#cutWindow(attempt, refusal, now);
    const ownMs = load.isAlone ? this.#delay.currentMs : backoffMs(this.#options, attempt.refusals);
    return Math.max(ownMs, refusal.retryAfterMs ?? 0, MIN_BACKOFF_MS);
  }

  /** The service answered, and not that it is busy: neither delay nor window follow from that, but a stall is over. */
  onOtherAnswer(attempt: ThrottledAttempt, now: number): void {
    if (!this.#streak.onAnswer(attempt)) return;
    this.#window.restore(this.#streak.windowBefore);
    this.#pacer.restart(now);
  }

  #cutWindow(attempt: ThrottledAttempt, { statusCode }: CapacitySignal, now: number): void {
    if (!this.#streak.isStalled) this.#window.cut(statusCode, now);
    else if (attempt.probe) this.#window.hold(now);
    else this.#window.cutToOne(now);
  }
}
