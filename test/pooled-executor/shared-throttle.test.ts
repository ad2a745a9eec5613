import { describe, expect } from 'vitest';
import { sharedThrottle } from '../../src/index.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { range } from '../helpers/rows.ts';
import { makeFailingTransform, makeTrackedTransform, refuse } from '../helpers/transforms.ts';

describe('sharedThrottle', () => {
  test('a refusal in one executor raises the delay of the other, a success in it lowers it', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const throttle = sharedThrottle();
    const refused = makeFailingTransform(refuse([0], 3));
    const one = createExecutor({ transform: refused.transform, poolSize: 1, throttle }, { clock });
    const other = createExecutor(
      { transform: makeTrackedTransform<number>().transform, poolSize: 1, throttle },
      { clock },
    );
    await clock.runUntil(one.map([0]));
    expect(other.getStats().poolStats.currentDelayMs).toBe(150);
    await clock.runUntil(other.map([0]));
    expect(one.getStats().poolStats.currentDelayMs).toBe(100);
    expect(other.getStats().poolStats.capacityRetries).toBe(0);
  });

  test('dispatches of all its executors together are minDispatchDelayMs apart', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const throttle = sharedThrottle({ minDispatchDelayMs: 100 });
    const startedAt: number[] = [];
    const { transform } = makeTrackedTransform((row: number) => {
      startedAt.push(clock.now());
      return row;
    });
    const executors = range(2).map(() =>
      createExecutor(
        { transform, poolSize: 2, minDispatchDelayMs: 100, throttle },
        { clock, further: 'skip' },
      ),
    );
    await clock.runUntil(Promise.all(executors.map((executor) => executor.map([0, 1]))));
    expect(startedAt).toEqual([0, 100, 200, 300]);
  });
});
