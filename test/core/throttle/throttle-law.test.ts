import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CapacitySignal } from '../../../src/core/capacity-error.ts';
import type { AimdThrottle } from '../../../src/core/throttle/aimd-throttle.ts';
import type { ThrottledAttempt } from '../../../src/core/throttle/throttle.ts';
import { makeThrottledPool, type ThrottledPool } from '../../helpers/throttled-pool.ts';
import { ThrottleModel } from './throttle-model.ts';

interface Real {
  readonly throttle: AimdThrottle;
  readonly pool: ThrottledPool;
}

type Step = fc.Command<ThrottleModel, Real>;

function checkState(model: ThrottleModel, { throttle, pool }: Real): void {
  const { seat } = pool;
  expect(throttle.currentDelayMs).toBe(model.d);
  expect(throttle.peakDelayMs).toBe(model.peak);
  expect(throttle.windowSize).toBeCloseTo(model.w, 9);
  expect([seat.probing, seat.atRest]).toEqual([model.stalled, model.atRest]);
  const gate = model.gate(model.now);
  if (gate > model.now) expect(seat.gateAt(model.now)).toBeCloseTo(gate, 6);
  else expect(seat.gateAt(model.now)).toBeLessThanOrEqual(model.now);
  expect(pool.room(model.now)).toBe(Math.max(0, Math.min(model.P, model.limit - model.flying.length)));
}

/** Dispatches when it may, at the gate or later. */
class Dispatch implements Step {
  readonly #after: number;
  readonly #refusals: number;

  constructor(after: number, refusals: number) {
    this.#after = after;
    this.#refusals = refusals;
  }

  check({ flying, limit, P }: Readonly<ThrottleModel>): boolean {
    return flying.length < Math.min(limit, P);
  }

  run(model: ThrottleModel, real: Real): void {
    model.now = Math.max(model.now, model.gate(model.now)) + this.#after;
    model.dispatch(real.pool.dispatch(model.now, { refusals: this.#refusals }));
    checkState(model, real);
  }

  toString(): string {
    return `dispatch(after ${this.#after}, refusals ${this.#refusals})`;
  }
}

class End implements Step {
  readonly #how: 'success' | 'other' | 'lost' | CapacitySignal;
  readonly #after: number;
  readonly #pick: number;

  constructor(how: 'success' | 'other' | 'lost' | CapacitySignal, after: number, pick: number) {
    this.#how = how;
    this.#after = after;
    this.#pick = pick;
  }

  check({ flying }: Readonly<ThrottleModel>): boolean {
    return flying.length > 0;
  }

  run(model: ThrottleModel, real: Real): void {
    model.now += this.#after;
    this.#end(model.flying[this.#pick % model.flying.length]!, model, real);
    checkState(model, real);
  }

  #end(attempt: ThrottledAttempt, model: ThrottleModel, { pool }: Real): void {
    const { now } = model;
    switch (this.#how) {
      case 'success':
        pool.succeed(attempt, now);
        model.success(attempt);
        break;
      case 'other':
        pool.fail(attempt, now);
        model.other(attempt);
        break;
      case 'lost':
        pool.lose(attempt);
        model.lost(attempt);
        break;
      default:
        expect(pool.refuse(attempt, now, this.#how)).toBe(model.refusal(attempt, this.#how));
    }
  }

  toString(): string {
    return `end(${JSON.stringify(this.#how)}, after ${this.#after}, pick ${this.#pick})`;
  }
}

/** What the pool has besides attempts in flight. */
class Load implements Step {
  readonly #ready: boolean;
  readonly #waiting: number;

  constructor(ready: boolean, waiting: number) {
    this.#ready = ready;
    this.#waiting = waiting;
  }

  check(): boolean {
    return true;
  }

  run(model: ThrottleModel, real: Real): void {
    model.rowsReady = this.#ready;
    model.rowsWaiting = this.#waiting;
    real.pool.readyCount = this.#ready ? 1 : 0;
    real.pool.waitingCount = this.#waiting;
    checkState(model, real);
  }

  toString(): string {
    return `load(ready ${this.#ready}, waiting ${this.#waiting})`;
  }
}

test('ThrottleLaw: any options and events: delay, window, room, gate, waits, stall and rest are what the law says', () => {
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
  const refusal: fc.Arbitrary<CapacitySignal> = fc
    .record({
      statusCode: fc.constantFrom(429, 503, 529),
      retryAfterMs: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.nat(8_000)),
    })
    .map(({ statusCode, retryAfterMs }) =>
      retryAfterMs === undefined ? { statusCode } : { statusCode, retryAfterMs },
    );
  const after = fc.oneof(fc.nat(5), fc.nat(200), fc.nat(20_000));
  const dispatch = fc.tuple(fc.nat(10), fc.nat(40)).map((given) => new Dispatch(...given));
  const commands = fc.commands(
    [
      dispatch,
      dispatch,
      fc.tuple(refusal, after, fc.nat(9)).map((given) => new End(...given)),
      fc.tuple(refusal, after, fc.nat(9)).map((given) => new End(...given)),
      fc
        .tuple(fc.constantFrom('success', 'other', 'lost'), after, fc.nat(9))
        .map((given) => new End(...given)),
      fc.tuple(fc.boolean(), fc.nat(2)).map((given) => new Load(...given)),
    ],
    { maxCommands: 200, size: 'max' },
  );
  fc.assert(
    fc.property(options, fc.integer({ min: 1, max: 30 }), commands, (given, poolSize, list) => {
      fc.modelRun(
        () => ({ model: new ThrottleModel(given, poolSize), real: makeThrottledPool(given, poolSize) }),
        list,
      );
    }),
    { numRuns: 300 },
  );
});
