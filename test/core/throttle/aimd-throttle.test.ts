import { describe, expect, test } from 'vitest';
import { AimdThrottle } from '../../../src/core/throttle/aimd-throttle.ts';
import { DEFAULTS, makeThrottledPool, ThrottledPool } from '../../helpers/throttled-pool.ts';

/** The waits of one row that is refused again and again, each time as soon as its wait is over. */
function waitsOf(pool: ThrottledPool, count: number, status = 503): number[] {
  let now = 0;
  return Array.from({ length: count }, (_, refusals) => {
    const wait = pool.refuse(pool.dispatch(now, { refusals }), now, { statusCode: status });
    now += wait;
    return wait;
  });
}

/** Delays after successes one after another. */
function recover(pool: ThrottledPool, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    pool.succeed(pool.dispatch(1e6 + index), 1e6 + index);
    return pool.seat.currentDelayMs;
  });
}

/** Refuses `count` attempts that were all dispatched at `now`. */
function burst(pool: ThrottledPool, count: number, now: number, statusCode = 503): void {
  const attempts = Array.from({ length: count }, () => pool.dispatch(now));
  for (const attempt of attempts) pool.refuse(attempt, now + 5, { statusCode });
}

describe('AimdThrottle: documented sequences', () => {
  test.each([1, 10])('single flight in a pool of %i: 50 100 ... 3200 5000 5000, then 4950', (poolSize) => {
    const { throttle, pool } = makeThrottledPool({}, poolSize);
    expect(waitsOf(pool, 9)).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(recover(pool, 1)).toEqual([4_950]);
    expect([throttle.currentDelayMs, throttle.peakDelayMs]).toEqual([4_950, 5_000]);
  });

  test('single flight: after three refusals, which wait 350 ms together, successes give 150 100 50 0', () => {
    const { pool } = makeThrottledPool();
    expect(waitsOf(pool, 3)).toEqual([50, 100, 200]);
    expect(recover(pool, 5)).toEqual([150, 100, 50, 0, 0]);
  });

  test('least 10 and step 50: the first refusal waits 50', () => {
    expect(waitsOf(makeThrottledPool({ minDispatchDelayMs: 10 }).pool, 2)).toEqual([50, 100]);
  });

  test.each([1, 2])('least = most = m: every wait is m, in a pool of %i', (poolSize) => {
    const { pool } = makeThrottledPool({ minDispatchDelayMs: 70, maxDispatchDelayMs: 70 }, poolSize);
    expect(waitsOf(pool, 4)).toEqual([70, 70, 70, 70]);
    expect(pool.seat.gateAt(210)).toBe(280);
    expect(recover(pool, 1)).toEqual([70]);
  });

  test('one increase per congestion event: ten attempts in flight that are refused raise the delay once', () => {
    const { throttle, pool } = makeThrottledPool();
    burst(pool, 10, 0);
    expect(throttle.currentDelayMs).toBe(50);
    burst(pool, 1, 30);
    expect(throttle.currentDelayMs).toBe(100);
  });

  test('among others a row backs off by its own refusals, whatever the delay is', () => {
    const { throttle, pool } = makeThrottledPool();
    pool.waitingCount = 1;
    for (let now = 0; now < 5; now++) pool.refuse(pool.dispatch(now), now);
    expect(throttle.currentDelayMs).toBe(800);
    const waits = [0, 1, 2, 6, 7, 30, 1_000].map((refusals) =>
      pool.refuse(pool.dispatch(9, { refusals }), 9),
    );
    expect(waits).toEqual([50, 100, 200, 3_200, 5_000, 5_000, 5_000]);
  });

  test('Retry-After is the least wait, also beyond the longest delay, and leaves the delay as it is', () => {
    const { throttle, pool } = makeThrottledPool();
    const wait = (retryAfterMs: number, now: number) =>
      pool.refuse(pool.dispatch(now), now, { statusCode: 429, retryAfterMs });
    expect(wait(9_000, 0)).toBe(9_000);
    expect(wait(20, 1)).toBe(100);
    expect(throttle.peakDelayMs).toBe(100);
  });

  test('I9 no wait is below 1 ms', () => {
    const { pool } = makeThrottledPool({ recoveryStepMs: 0.001, maxDispatchDelayMs: 0.5 });
    expect(waitsOf(pool, 20)).toEqual(new Array(20).fill(1));
    expect(pool.seat.gateAt(19)).toBe(20);
  });
});

describe('AimdThrottle: off until the first refusal', () => {
  test('nothing limits, paces or disturbs slices, whatever the latencies are', () => {
    const { pool } = makeThrottledPool({}, 3);
    for (let now = 0; now < 100; now += 10) pool.succeed(pool.dispatch(now), now + 7 * now);
    expect([pool.room(100), pool.seat.atRest, pool.seat.probing]).toEqual([3, true, false]);
    expect(pool.seat.gateAt(100)).toBeLessThanOrEqual(100);
  });

  test('a least delay is between dispatches, and slices are never undisturbed', () => {
    const { pool } = makeThrottledPool({ minDispatchDelayMs: 40 });
    expect(pool.seat.gateAt(5)).toBeLessThanOrEqual(5);
    pool.dispatch(100);
    expect([pool.seat.gateAt(101), pool.seat.atRest]).toEqual([140, false]);
  });
});

describe('AimdThrottle: window and pace', () => {
  test('a refusal lowers the room, by its kind: not 529, which says that others overload the service', () => {
    for (const [statusCode, room] of [
      [429, 9],
      [503, 9],
      [529, 10],
    ] as const) {
      const { pool } = makeThrottledPool({}, 10);
      pool.refuse(pool.dispatch(0), 5, { statusCode });
      expect([statusCode, pool.room(5)]).toEqual([statusCode, room]);
    }
  });

  test('dispatches are paced at the latency over the window', () => {
    const { throttle, pool } = makeThrottledPool({}, 10);
    pool.succeed(pool.dispatch(0), 100);
    burst(pool, 2, 100, 429);
    expect(throttle.windowSize).toBe(8);
    pool.dispatch(200);
    expect(pool.seat.gateAt(200)).toBeCloseTo(198 + 100 / (8 * 1.25), 9);
  });

  test('successes widen the window only while rows wait', () => {
    const { throttle, pool } = makeThrottledPool({}, 10);
    burst(pool, 5, 0);
    const { windowSize } = throttle;
    pool.readyCount = 0;
    recover(pool, 1);
    expect(throttle.windowSize).toBe(windowSize);
    pool.readyCount = 1;
    recover(pool, 1);
    expect(throttle.windowSize).toBeGreaterThan(windowSize);
  });

  test('a latency is that of one row: slices of many count by their rows', () => {
    const { pool } = makeThrottledPool({}, 10);
    pool.succeed(pool.dispatch(0, { rowCount: 2 }), 100);
    burst(pool, 2, 100, 429);
    pool.dispatch(200);
    expect(pool.seat.gateAt(200)).toBeCloseTo(198 + 50 / (8 * 1.25), 9);
  });

  test('atRest again when the window is as large as the pool and the delay at its floor', () => {
    const { throttle, pool } = makeThrottledPool({}, 10);
    burst(pool, 2, 0);
    expect(pool.seat.atRest).toBe(false);
    recover(pool, 1);
    expect([throttle.currentDelayMs, throttle.windowSize, pool.seat.atRest]).toEqual([0, 8.5, false]);
    recover(pool, 3);
    expect([throttle.windowSize, pool.seat.atRest]).toEqual([10, true]);
  });
});

describe('AimdThrottle: stall', () => {
  test('eight refusals in a row without a survivor: single probes, until one is accepted; then the window is back', () => {
    const { throttle, pool } = makeThrottledPool({}, 10);
    pool.succeed(pool.dispatch(0), 10);
    for (let now = 11; now < 17; now++) burst(pool, 1, now);
    const attempts = [30, 31, 32, 33].map((now) => pool.dispatch(now));
    for (const [index, attempt] of attempts.entries()) pool.refuse(attempt, 50 + index);
    // 9 before the streak was 10: each refusal of the stall takes one, down to one
    expect([pool.seat.probing, pool.seat.gateAt(60)]).toEqual([true, 53 + 50]);
    const probe = pool.dispatch(103);
    expect(probe.probe).toBe(true);
    const { windowSize } = throttle;
    pool.refuse(probe, 110);
    expect([throttle.windowSize, pool.seat.gateAt(110)]).toEqual([windowSize, 110 + 100]);
    pool.succeed(pool.dispatch(210), 220);
    expect([pool.seat.probing, throttle.windowSize]).toEqual([false, 10]);
    // full, but not as one burst
    expect(pool.seat.gateAt(220)).toBe(220);
    pool.dispatch(220);
    expect(pool.seat.gateAt(220)).toBeGreaterThan(220);
    expect(pool.seat.gateAt(300)).toBeLessThanOrEqual(300);
  });

  test('a row that fails otherwise ends a stall too: the service answers; a lost one does not', () => {
    const { pool } = makeThrottledPool({}, 2);
    for (let now = 0; now < 8; now++) burst(pool, 1, now);
    expect(pool.seat.probing).toBe(true);
    pool.lose(pool.dispatch(200));
    expect(pool.seat.probing).toBe(true);
    pool.fail(pool.dispatch(300), 310);
    expect(pool.seat.probing).toBe(false);
  });

  test('a failed row leaves the delay as it is', () => {
    const { throttle, pool } = makeThrottledPool();
    burst(pool, 1, 0);
    pool.fail(pool.dispatch(10), 15);
    expect([throttle.currentDelayMs, throttle.peakDelayMs]).toEqual([50, 50]);
  });
});

describe('AimdThrottle: several members', () => {
  function twoPools(poolSize = 5): { throttle: AimdThrottle; one: ThrottledPool; other: ThrottledPool } {
    const throttle = new AimdThrottle(DEFAULTS);
    return {
      throttle,
      one: new ThrottledPool(throttle, poolSize),
      other: new ThrottledPool(throttle, poolSize),
    };
  }

  test('share one window: what one has in flight the other can not have', () => {
    const { throttle, one, other } = twoPools(2);
    burst(one, 2, 0);
    expect(throttle.windowSize).toBeCloseTo(4 * 0.85 ** 2, 12);
    const flying = [other.dispatch(10), other.dispatch(10)];
    expect(one.room(10)).toBe(1);
    for (const attempt of flying) other.lose(attempt);
    expect(one.room(10)).toBe(2);
  });

  test('a row is alone only when no member has another one', () => {
    const { one, other } = twoPools(2);
    waitsOf(one, 3);
    const flying = other.dispatch(1_000);
    expect(one.refuse(one.dispatch(1_001), 1_001)).toBe(50);
    other.lose(flying);
    expect(one.refuse(one.dispatch(1_002), 1_002)).toBeGreaterThan(200);
  });

  test('take turns: who is held and has dispatched less recently comes first', () => {
    const { one, other } = twoPools(2);
    one.dispatch(0);
    other.seat.onPumped(true);
    expect([one.seat.mayDispatch(), other.seat.mayDispatch()]).toEqual([false, true]);
    other.dispatch(0);
    one.seat.onPumped(true);
    expect([one.seat.mayDispatch(), other.seat.mayDispatch()]).toEqual([true, false]);
  });

  test('take turns: of several who are held the one whose dispatch is the longest ago, at first the one that came first', () => {
    const throttle = new AimdThrottle(DEFAULTS);
    const pools = [0, 1, 2].map(() => new ThrottledPool(throttle, 5));
    const mayDispatch = () => pools.map(({ seat }) => seat.mayDispatch());
    for (const { seat } of pools) seat.onPumped(true);
    expect(mayDispatch()).toEqual([true, false, false]);
    for (const index of [1, 2, 0]) pools[index]!.dispatch(0);
    expect(mayDispatch()).toEqual([false, true, false]);
  });

  test('take turns: nobody waits for one who is held and has dispatched later', () => {
    const { one, other } = twoPools(2);
    other.seat.onPumped(true);
    expect(one.seat.mayDispatch()).toBe(false);
    other.seat.onPumped(false);
    one.dispatch(0);
    other.dispatch(0);
    other.seat.onPumped(true);
    expect(one.seat.mayDispatch()).toBe(true);
  });

  test('successes widen the window while any member has rows that wait', () => {
    const { throttle, one, other } = twoPools(5);
    burst(one, 5, 0);
    const { windowSize } = throttle;
    one.readyCount = 0;
    other.readyCount = 1;
    recover(one, 1);
    expect(throttle.windowSize).toBeGreaterThan(windowSize);
  });

  test('who is held is woken when another has done what it could, and when another leaves', () => {
    const { one, other } = twoPools(2);
    other.seat.onPumped(true);
    expect(other.wakes).toBe(0);
    one.seat.onPumped(false);
    expect(other.wakes).toBe(1);
    one.seat.leave();
    expect([one.wakes, other.wakes]).toEqual([0, 2]);
    other.seat.onPumped(false);
    other.seat.leave();
    expect([one.wakes, other.wakes]).toEqual([0, 2]);
  });

  test('nobody is woken while the window is full', () => {
    const { throttle, one, other } = twoPools(1);
    burst(one, 8, 0);
    expect(throttle.windowSize).toBeLessThanOrEqual(1);
    const flying = one.dispatch(1_000);
    other.seat.onPumped(true);
    one.seat.onPumped(false);
    expect(other.wakes).toBe(0);
    one.lose(flying);
    one.seat.onPumped(false);
    expect(other.wakes).toBe(1);
  });

  test('a window that limits nothing is as large as all pools together', () => {
    const { throttle, one, other } = twoPools(3);
    expect(throttle.windowSize).toBe(6);
    other.seat.leave();
    other.seat.leave();
    expect(throttle.windowSize).toBe(3);
    one.seat.leave();
    expect(new ThrottledPool(throttle, 7).room(0)).toBe(7);
    expect(throttle.windowSize).toBe(7);
  });
});
