import type { CapacitySignal } from '../../src/core/capacity-error.ts';
import { AimdThrottle } from '../../src/core/throttle/aimd-throttle.ts';
import type { ResolvedThrottleOptions } from '../../src/core/throttle/throttle-options.ts';
import type {
  Throttle,
  ThrottledAttempt,
  ThrottleMember,
  ThrottleSeat,
} from '../../src/core/throttle/throttle.ts';

export const DEFAULTS: ResolvedThrottleOptions = {
  minDispatchDelayMs: 0,
  maxDispatchDelayMs: 5_000,
  backoffMultiplier: 2,
  recoveryStepMs: 50,
};

/** A member of a throttle whose attempts begin and end as the test says. */
export class ThrottledPool implements ThrottleMember {
  readonly poolSize: number;
  readonly seat: ThrottleSeat;
  readyCount = 1;
  waitingCount = 0;
  /** How often it was told to go on. */
  wakes = 0;
  readonly #flying: ThrottledAttempt[] = [];

  constructor(throttle: Throttle, poolSize: number) {
    this.poolSize = poolSize;
    this.seat = throttle.join(this);
  }

  get inFlight(): ThrottleMember['inFlight'] {
    return { size: this.#flying.length, list: () => this.#flying };
  }

  wake(): void {
    this.wakes++;
  }

  dispatch(now: number, more: Partial<ThrottledAttempt> = {}): ThrottledAttempt {
    const attempt = { dispatchedAt: now, refusals: 0, rowCount: 1, probe: this.seat.probing, ...more };
    this.seat.onDispatch(attempt);
    this.#flying.push(attempt);
    return attempt;
  }

  succeed(attempt: ThrottledAttempt, now: number): void {
    this.#land(attempt);
    this.seat.onSuccess(attempt, now, 1);
  }

  refuse(attempt: ThrottledAttempt, now: number, refusal: CapacitySignal = { statusCode: 503 }): number {
    this.#land(attempt);
    return this.seat.onCapacityError(attempt, refusal, now);
  }

  fail(attempt: ThrottledAttempt, now: number): void {
    this.#land(attempt);
    this.seat.onOtherAnswer(attempt, now);
  }

  /** The attempt ends without an answer. */
  lose(attempt: ThrottledAttempt): void {
    this.#land(attempt);
  }

  /** How many attempts it can begin at this moment. */
  room(now: number): number {
    const begun: ThrottledAttempt[] = [];
    while (this.#flying.length < this.poolSize && this.seat.mayDispatch()) begun.push(this.#pretend(now));
    for (const attempt of begun) this.#land(attempt);
    return begun.length;
  }

  #pretend(dispatchedAt: number): ThrottledAttempt {
    const attempt = { dispatchedAt, refusals: 0, rowCount: 1, probe: false };
    this.#flying.push(attempt);
    return attempt;
  }

  #land(attempt: ThrottledAttempt): void {
    this.#flying.splice(this.#flying.indexOf(attempt), 1);
  }
}

/** A throttle with one member. */
export function makeThrottledPool(
  options: Partial<ResolvedThrottleOptions> = {},
  poolSize = 10,
): { readonly throttle: AimdThrottle; readonly pool: ThrottledPool } {
  const throttle = new AimdThrottle({ ...DEFAULTS, ...options });
  return { throttle, pool: new ThrottledPool(throttle, poolSize) };
}
