import { describe, expect } from 'vitest';
import { sharedThrottle } from '../../src/index.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { TokenService } from '../helpers/token-service.ts';
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

  test('executors that want as much get as much: the rate of one service is shared evenly', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const throttle = sharedThrottle();
    const service = new TokenService(clock, { perSecond: 50, burst: 5 });
    const accepted = [0, 0];
    const executors = [0, 1].map((index) =>
      createExecutor(
        {
          transform: async () => {
            await service.call();
            accepted[index]!++;
          },
          poolSize: 10,
          throttle,
        },
        { clock, further: 'skip' },
      ),
    );
    const work = executors.map((executor) => executor.map(range(200)));
    await clock.advance(4_000);
    const [one = 0, other = 0] = accepted;
    expect(Math.abs(one - other)).toBeLessThanOrEqual(4);
    expect(one + other).toBeGreaterThan(160);
    await clock.advance(8_000);
    await Promise.all(work);
    expect(accepted).toEqual([200, 200]);
  });

  test('an executor that has nothing to do, or is gone, holds nobody up', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const throttle = sharedThrottle({ minDispatchDelayMs: 10 });
    const { transform } = makeTrackedTransform<number>();
    const [one, other, idle] = range(3).map(() =>
      createExecutor({ transform, poolSize: 2, throttle }, { clock, further: 'skip' }),
    );
    await clock.runUntil(Promise.all([one!.map(range(5)), other!.map(range(5)), idle!.map([0])]));
    const unfinished = other!.map(range(1_000));
    await clock.advance(100);
    await other!.shutdown({ wait: false });
    expect((await unfinished).filter(({ status }) => status === 'error').length).toBeGreaterThan(900);
    expect(await clock.runUntil(one!.map(range(20)))).toHaveLength(20);
  });
});
