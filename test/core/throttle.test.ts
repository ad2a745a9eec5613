import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AimdDelayOptions } from '../../src/core/aimd-delay.ts';
import { AimdThrottle, type Refusal, type ThrottledAttempt } from '../../src/core/throttle.ts';

const DEFAULTS: AimdDelayOptions = {
  minDispatchDelayMs: 0,
  maxDispatchDelayMs: 5_000,
  backoffMultiplier: 2,
  recoveryStepMs: 50,
};

const ALONE: Refusal = { statusCode: 503, alone: true };
const AMONG_OTHERS: Refusal = { statusCode: 503, alone: false };

function throttleWith(options: Partial<AimdDelayOptions> = {}): AimdThrottle {
  return new AimdThrottle({ ...DEFAULTS, ...options });
}

/** One attempt, dispatched and refused at once; returns the wait. */
function refuse(throttle: AimdThrottle, now: number, refusals: number, refusal: Refusal): number {
  const attempt = { dispatchedAt: now, refusals };
  throttle.onDispatch(attempt);
  return throttle.onCapacityError(attempt, refusal, now);
}

/** The waits of one row that is refused again and again. */
function waitsOf(throttle: AimdThrottle, count: number, refusal: Refusal): number[] {
  return Array.from({ length: count }, (_, index) => refuse(throttle, index, index, refusal));
}

function succeed(throttle: AimdThrottle, now: number): number {
  throttle.onSuccess({ dispatchedAt: now, refusals: 0 }, now);
  return throttle.currentDelayMs;
}

describe('AimdThrottle: documented sequences', () => {
  test('single flight: refusals wait 50 100 200 400 800 1600 3200 5000 5000, then a success gives 4950', () => {
    const throttle = throttleWith();
    expect(waitsOf(throttle, 9, ALONE)).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(succeed(throttle, 100)).toBe(4_950);
    expect(throttle.peakDelayMs).toBe(5_000);
  });

  test('single flight: after three refusals successes give 150 100 50 0', () => {
    const throttle = throttleWith();
    waitsOf(throttle, 3, ALONE);
    expect([10, 11, 12, 13, 14].map((now) => succeed(throttle, now))).toEqual([150, 100, 50, 0, 0]);
  });

  test('single flight: three refusals wait 350 ms together', () => {
    expect(waitsOf(throttleWith(), 3, ALONE).reduce((sum, wait) => sum + wait)).toBe(350);
  });

  test('least 10 and step 50: the first refusal waits 50', () => {
    expect(waitsOf(throttleWith({ minDispatchDelayMs: 10 }), 2, ALONE)).toEqual([50, 100]);
  });

  test.each([ALONE, AMONG_OTHERS])('least = most = m: every wait is m (%j)', (refusal) => {
    const throttle = throttleWith({ minDispatchDelayMs: 70, maxDispatchDelayMs: 70 });
    expect(waitsOf(throttle, 4, refusal)).toEqual([70, 70, 70, 70]);
    expect(succeed(throttle, 9)).toBe(70);
  });

  test('one increase per congestion event: ten attempts in flight that are refused raise the delay once', () => {
    const throttle = throttleWith();
    const attempts = Array.from({ length: 10 }, (_, index) => ({ dispatchedAt: index, refusals: 0 }));
    for (const attempt of attempts) throttle.onDispatch(attempt);
    attempts.forEach((attempt, index) => throttle.onCapacityError(attempt, AMONG_OTHERS, 20 + index));
    expect(throttle.currentDelayMs).toBe(50);
    refuse(throttle, 30, 1, AMONG_OTHERS);
    expect(throttle.currentDelayMs).toBe(100);
  });
});

describe('AimdThrottle.onCapacityError', () => {
  test('among others a row backs off by the number of its own refusals, whatever the delay is', () => {
    const throttle = throttleWith();
    for (let now = 0; now < 5; now++) refuse(throttle, now, 0, AMONG_OTHERS);
    expect(throttle.currentDelayMs).toBe(800);
    expect([0, 1, 2, 6, 7].map((refusals) => refuse(throttle, 10, refusals, AMONG_OTHERS))).toEqual([
      50, 100, 200, 3_200, 5_000,
    ]);
  });

  test('among others: the base is the larger of step and least delay', () => {
    expect(refuse(throttleWith({ minDispatchDelayMs: 10 }), 0, 1, AMONG_OTHERS)).toBe(100);
    expect(refuse(throttleWith({ minDispatchDelayMs: 80 }), 0, 1, AMONG_OTHERS)).toBe(160);
  });

  test('among others: the backoff stops growing after 30 refusals', () => {
    const throttle = throttleWith({ backoffMultiplier: 1.1, maxDispatchDelayMs: 1e9 });
    const [at29, at30, at31, at1000] = [29, 30, 31, 1_000].map((refusals) =>
      refuse(throttle, 0, refusals, AMONG_OTHERS),
    );
    expect(at30).toBeCloseTo(50 * 1.1 ** 30, 6);
    expect(at29).toBeLessThan(at30!);
    expect([at31, at1000]).toEqual([at30, at30]);
  });

  test('I9 a factor that overflows gives the most, not more', () => {
    const throttle = throttleWith({ backoffMultiplier: 1e300 });
    expect(refuse(throttle, 0, 1_000, AMONG_OTHERS)).toBe(5_000);
    expect(waitsOf(throttle, 5, ALONE).at(-1)).toBe(5_000);
  });

  test.each([ALONE, AMONG_OTHERS])('Retry-After is the least wait, also beyond the most (%j)', (refusal) => {
    const throttle = throttleWith();
    expect(refuse(throttle, 0, 0, { ...refusal, retryAfterMs: 9_000 })).toBe(9_000);
    expect(refuse(throttle, 1, 1, { ...refusal, retryAfterMs: 20 })).toBe(100);
    expect(throttle.currentDelayMs).toBe(100);
    expect(throttle.peakDelayMs).toBe(100);
  });

  test.each([ALONE, AMONG_OTHERS])('I9 no wait is below 1 ms (%j)', (refusal) => {
    const throttle = throttleWith({ recoveryStepMs: 0.001, maxDispatchDelayMs: 0.5 });
    expect(waitsOf(throttle, 20, refusal)).toEqual(new Array(20).fill(1));
    expect(refuse(throttle, 30, 0, { ...refusal, retryAfterMs: 0 })).toBe(1);
  });
});

describe('AimdThrottle: gate and rest', () => {
  test('gateAt: without a least delay the gate is open, also right after dispatches and refusals', () => {
    const throttle = throttleWith();
    expect(throttle.gateAt(0)).toBeLessThanOrEqual(0);
    refuse(throttle, 10, 0, AMONG_OTHERS);
    expect(throttle.gateAt(10)).toBeLessThanOrEqual(10);
  });

  test('gateAt: with a least delay the next dispatch comes that much after the last, and not before the first', () => {
    const throttle = throttleWith({ minDispatchDelayMs: 40 });
    expect(throttle.gateAt(5)).toBeLessThanOrEqual(5);
    throttle.onDispatch({ dispatchedAt: 100, refusals: 0 });
    expect(throttle.gateAt(101)).toBe(140);
    expect(throttle.gateAt(500)).toBe(140);
    throttle.onDispatch({ dispatchedAt: 150, refusals: 0 });
    expect(throttle.gateAt(151)).toBe(190);
  });

  test('limit: nothing but the pool limits the attempts in flight', () => {
    expect(throttleWith().limit()).toBe(Infinity);
  });

  test('atRest: until the first refusal, and again when the delay is back at 0', () => {
    const throttle = throttleWith();
    expect(throttle.atRest).toBe(true);
    refuse(throttle, 0, 0, ALONE);
    expect(throttle.atRest).toBe(false);
    succeed(throttle, 1);
    expect(throttle.atRest).toBe(true);
  });

  test('atRest: never with a least delay', () => {
    const throttle = throttleWith({ minDispatchDelayMs: 10 });
    expect(throttle.atRest).toBe(false);
    refuse(throttle, 0, 0, ALONE);
    expect(throttle.atRest).toBe(false);
  });

  test('onOther: an error or a lost worker leaves the delay as it is', () => {
    const throttle = throttleWith();
    const attempt = { dispatchedAt: 0, refusals: 0 };
    refuse(throttle, 0, 0, ALONE);
    throttle.onOther(attempt, 5);
    expect([throttle.currentDelayMs, throttle.peakDelayMs, throttle.atRest]).toEqual([50, 50, false]);
  });
});

/** The law of the delay, by the letter. */
interface Model {
  readonly options: AimdDelayOptions;
  now: number;
  d: number;
  peak: number;
  epoch: number;
  lastDispatch: number;
  readonly inFlight: ThrottledAttempt[];
}

type Step = fc.Command<Model, AimdThrottle>;

function checkState(model: Model, throttle: AimdThrottle): void {
  const { minDispatchDelayMs: least } = model.options;
  expect(throttle.currentDelayMs).toBe(model.d);
  expect(throttle.peakDelayMs).toBe(model.peak);
  expect(throttle.atRest).toBe(least === 0 && model.d === 0);
  const gate = least === 0 ? -Infinity : model.lastDispatch + least;
  if (gate > model.now) expect(throttle.gateAt(model.now)).toBe(gate);
  else expect(throttle.gateAt(model.now)).toBeLessThanOrEqual(model.now);
}

class Dispatch implements Step {
  readonly #after: number;
  readonly #refusals: number;

  constructor(after: number, refusals: number) {
    this.#after = after;
    this.#refusals = refusals;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, throttle: AimdThrottle): void {
    model.now += this.#after;
    const attempt = { dispatchedAt: model.now, refusals: this.#refusals };
    throttle.onDispatch(attempt);
    model.lastDispatch = model.now;
    model.inFlight.push(attempt);
    checkState(model, throttle);
  }

  toString(): string {
    return `dispatch(after ${this.#after}, refusals ${this.#refusals})`;
  }
}

class End implements Step {
  readonly #how: 'success' | 'other' | Refusal;
  readonly #after: number;
  readonly #pick: number;

  constructor(how: 'success' | 'other' | Refusal, after: number, pick: number) {
    this.#how = how;
    this.#after = after;
    this.#pick = pick;
  }

  check({ inFlight }: Readonly<Model>): boolean {
    return inFlight.length > 0;
  }

  run(model: Model, throttle: AimdThrottle): void {
    model.now += this.#after;
    const [attempt] = model.inFlight.splice(this.#pick % model.inFlight.length, 1);
    if (this.#how === 'success') {
      throttle.onSuccess(attempt!, model.now);
      model.d = Math.max(model.options.minDispatchDelayMs, model.d - model.options.recoveryStepMs);
    } else if (this.#how === 'other') throttle.onOther(attempt!, model.now);
    else this.#refuse(model, throttle, attempt!, this.#how);
    checkState(model, throttle);
  }

  #refuse(model: Model, throttle: AimdThrottle, attempt: ThrottledAttempt, refusal: Refusal): void {
    const {
      minDispatchDelayMs: min,
      maxDispatchDelayMs: max,
      backoffMultiplier: mult,
      recoveryStepMs,
    } = model.options;
    const base = Math.max(recoveryStepMs, min);
    const wait = throttle.onCapacityError(attempt, refusal, model.now);
    if (attempt.dispatchedAt >= model.epoch) {
      model.d = Math.min(max, model.d <= min ? Math.max(base, model.d * mult) : model.d * mult);
      model.epoch = model.now;
      model.peak = Math.max(model.peak, model.d);
    }
    const own = refusal.alone ? model.d : Math.min(max, base * mult ** Math.min(30, attempt.refusals));
    expect(wait).toBe(Math.max(1, own, refusal.retryAfterMs ?? 0));
  }

  toString(): string {
    return `end(${JSON.stringify(this.#how)}, after ${this.#after}, pick ${this.#pick})`;
  }
}

describe('AimdThrottle: model', () => {
  test('any options, dispatches, successes and refusals: delay, peak, gate and waits are what the law says', () => {
    const options = fc
      .record({
        minDispatchDelayMs: fc.oneof(fc.constant(0), fc.constant(10), fc.nat(200)),
        room: fc.oneof(fc.constant(0), fc.constant(5_000), fc.nat(3_000)),
        backoffMultiplier: fc.oneof(fc.constant(2), fc.double({ min: 1.001, max: 10, noNaN: true })),
        recoveryStepMs: fc.oneof(fc.constant(50), fc.integer({ min: 1, max: 300 })),
      })
      .map(({ room, ...rest }) => ({
        ...rest,
        maxDispatchDelayMs: Math.max(1, rest.minDispatchDelayMs + room),
      }));
    const refusal: fc.Arbitrary<Refusal> = fc
      .record({ alone: fc.boolean(), retryAfterMs: fc.option(fc.nat(8_000), { nil: undefined }) })
      .map(({ alone, retryAfterMs }) => ({
        statusCode: 429,
        alone,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }));
    const commands = fc.commands(
      [
        fc.tuple(fc.nat(100), fc.nat(40)).map(([after, refusals]) => new Dispatch(after, refusals)),
        fc.tuple(refusal, fc.nat(100), fc.nat(9)).map((given) => new End(...given)),
        fc
          .tuple(fc.constantFrom('success', 'other'), fc.nat(100), fc.nat(9))
          .map((given) => new End(...given)),
      ],
      { maxCommands: 60 },
    );
    fc.assert(
      fc.property(options, commands, (given, list) => {
        const { minDispatchDelayMs: d } = given;
        fc.modelRun(
          () => ({
            model: {
              options: given,
              now: 0,
              d,
              peak: d,
              epoch: -Infinity,
              lastDispatch: -Infinity,
              inFlight: [],
            },
            real: new AimdThrottle(given),
          }),
          list,
        );
      }),
      { numRuns: 200 },
    );
  });
});
