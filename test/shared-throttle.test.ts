import { describe, expect, test } from 'vitest';
import { createExecutor, sharedThrottle } from '../src/index.ts';

describe('sharedThrottle', () => {
  test('follows the documented law with its own options', () => {
    const throttle = sharedThrottle({ minDispatchDelayMs: 10, maxDispatchDelayMs: 150 });
    const waits = [0, 1, 2].map((now) =>
      throttle.onCapacityError({ dispatchedAt: now, refusals: now }, { statusCode: 429, alone: true }, now),
    );
    expect(waits).toEqual([50, 100, 150]);
    expect([throttle.currentDelayMs, throttle.peakDelayMs, throttle.atRest]).toEqual([150, 150, false]);
  });

  test('without options it has the defaults', () => {
    const throttle = sharedThrottle();
    expect([throttle.currentDelayMs, throttle.atRest, throttle.limit()]).toEqual([0, true, Infinity]);
    expect(
      throttle.onCapacityError({ dispatchedAt: 0, refusals: 0 }, { statusCode: 429, alone: true }, 0),
    ).toBe(50);
  });

  test('is taken by several executors, and its delay is that of each', () => {
    const throttle = sharedThrottle();
    const executors = [1, 2].map(() => createExecutor({ transform: (row: unknown) => row, throttle }));
    throttle.onCapacityError({ dispatchedAt: 0, refusals: 0 }, { statusCode: 429, alone: true }, 0);
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
