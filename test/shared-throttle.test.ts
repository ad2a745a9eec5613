import { describe, expect, test } from 'vitest';
import { createExecutor, sharedThrottle } from '../src/index.ts';
import { ThrottledPool } from './helpers/throttled-pool.ts';

/** Refuses one attempt after another, and gives the waits. */
function refuse(pool: ThrottledPool, times: number): number[] {
  return Array.from({ length: times }, (_, now) => pool.refuse(pool.dispatch(now, { refusals: now }), now));
}

describe('sharedThrottle', () => {
  test('follows the documented law with its own options', () => {
    const throttle = sharedThrottle({ minDispatchDelayMs: 10, maxDispatchDelayMs: 150 });
    expect(refuse(new ThrottledPool(throttle, 1), 3)).toEqual([50, 100, 150]);
    expect([throttle.currentDelayMs, throttle.peakDelayMs]).toEqual([150, 150]);
  });

  test('without options it has the defaults', () => {
    const throttle = sharedThrottle();
    expect(throttle.currentDelayMs).toBe(0);
    expect(refuse(new ThrottledPool(throttle, 1), 1)).toEqual([50]);
  });

  test('is taken by several executors, and its delay is that of each', () => {
    const throttle = sharedThrottle();
    const executors = [1, 2].map(() => createExecutor({ transform: (row: unknown) => row, throttle }));
    refuse(new ThrottledPool(throttle, 1), 1);
    expect(executors.map((executor) => executor.getStats().poolStats.currentDelayMs)).toEqual([50, 50]);
  });

  test('refuses options that do not go together or are none', () => {
    expect(() => sharedThrottle({ backoffMultiplier: 1 })).toThrow(
      new TypeError(
        "Cannot create throttle as 'backoffMultiplier' must be a finite number above 1: received 1",
      ),
    );
    expect(() => sharedThrottle({ poolSize: 5 } as object)).toThrow(
      "'poolSize' is not an option: received 5",
    );
    expect(() => sharedThrottle(null as never)).toThrow(
      'Cannot create throttle as its options must be an object',
    );
  });
});
