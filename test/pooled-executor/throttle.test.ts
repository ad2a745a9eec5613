import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { CapacityError, MemoryAuditTrail, type PooledExecutor } from '../../src/index.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { bothEngines } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { recordsOf } from '../helpers/trails.ts';
import {
  makeDelayedTransform,
  makeFailingTransform,
  makeTrackedTransform,
  refuse,
  type Delayed,
} from '../helpers/transforms.ts';
import failing, { type ScriptedRow } from '../workers/failing-transform.ts';

const delayOf = (executor: PooledExecutor<never>) => executor.getStats().poolStats.currentDelayMs;

/** Refuses the running attempt of row 0 and gives the wait that follows, which then is over. */
async function refuseAndWait(
  delayed: Delayed<number, number>,
  clock: FakeClock,
  attempt: number,
): Promise<number> {
  await delayed.started(0, attempt);
  clock.elapse(1);
  delayed.refuse(0);
  return clock.advanceToNext();
}

describe('delay: escalation and recovery', () => {
  test('refusals in a row wait 50 100 200 400 800 1600 3200 5000 5000, then each success takes 50 off', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1 }, { clock });
    const batch = executor.executeBatch(contextsOf(range(3)));
    await delayed.started(0);
    const others = executor.executeBatch(contextsOf([]));
    await others;
    const waits: number[] = [];
    const delays: number[] = [];
    delayed.refuse(0);
    // the other rows of the batch must not get in between: they run and wait in turn
    await delayed.started(1);
    delayed.fail(1, new Error('neither success nor refusal'));
    await delayed.started(2);
    delayed.fail(2, new Error('neither success nor refusal'));
    await turns();
    waits.push(await clock.advanceToNext());
    delays.push(delayOf(executor));
    for (let attempt = 2; attempt <= 9; attempt++) {
      waits.push(await refuseAndWait(delayed, clock, attempt));
      delays.push(delayOf(executor));
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(delays).toEqual(waits);
    delayed.release(0);
    const { stats } = await batch;
    const total = waits.reduce((sum, wait) => sum + wait, 0);
    expect(stats).toMatchObject({
      capacityRetries: 9,
      attempts: 12,
      peakDelayMs: 5000,
      currentDelayMs: 4950,
      totalThrottleTimeMs: total,
    });
    expect(executor.getStats().poolConfig.dispatchDelayAtCompletionMs).toBe(4950);
  });

  test('after three refusals successes give 150 100 50 0 0', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeFailingTransform(refuse([0], 3));
    const executor = createExecutor({ transform, poolSize: 1, sliceSize: 1 }, { clock });
    const delays: number[] = [];
    for (const row of range(5)) {
      await clock.runUntil(executor.map([row]));
      delays.push(delayOf(executor));
    }
    expect(delays).toEqual([150, 100, 50, 0, 0]);
    expect(executor.getStats().poolStats).toMatchObject({ peakDelayMs: 200, totalThrottleTimeMs: 350 });
  });

  test('options: multiplier 3, step 20 and maximum 100 give 20 60 100 100', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      {
        transform: delayed.transform,
        poolSize: 1,
        backoffMultiplier: 3,
        recoveryStepMs: 20,
        maxDispatchDelayMs: 100,
      },
      { clock },
    );
    const batch = executor.map([0]);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt++) waits.push(await refuseAndWait(delayed, clock, attempt));
    expect(waits).toEqual([20, 60, 100, 100]);
    delayed.release(0);
    await batch;
    expect(delayOf(executor)).toBe(80);
  });

  test('a minimum below the step: 10 grows to 50 100 200, and falls back to 10', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, minDispatchDelayMs: 10 },
      { clock },
    );
    const batch = executor.map([0]);
    expect(delayOf(executor)).toBe(10);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) waits.push(await refuseAndWait(delayed, clock, attempt));
    expect(waits).toEqual([50, 100, 200]);
    delayed.releaseAll();
    await batch;
    await clock.runUntil(executor.map(range(10)));
    expect(delayOf(executor)).toBe(10);
  });

  test('above its floor it grows by the multiplier alone: 50 60, 10 after a success, then 12', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const { transform } = makeFailingTransform(new Map([...refuse([0], 2), ...refuse([1], 1)]));
    const executor = createExecutor({ transform, poolSize: 1, backoffMultiplier: 1.2 }, { clock });
    await clock.runUntil(executor.map([0]));
    expect(delayOf(executor)).toBe(10);
    const { stats } = await clock.runUntil(executor.executeBatch(contextsOf([1])));
    expect(stats.totalThrottleTimeMs).toBe(12);
  });

  test('a burst of refusals of rows sent before the first increase is one event: 50, not 50 * 2^9', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 10, sliceSize: 1 }, { clock });
    const batch = executor.executeBatch(contextsOf(range(10)));
    await delayed.started(9);
    for (const row of range(10)) {
      clock.elapse(1);
      delayed.refuse(row);
      await turns(3);
      expect(delayOf(executor)).toBe(50);
    }
    delayed.releaseAll();
    const { stats } = await clock.runUntil(batch);
    expect(stats).toMatchObject({ capacityRetries: 10, peakDelayMs: 50, totalThrottleTimeMs: 500 });
  });

  test('a row that is not alone waits by its own refusals: 50 100 200', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 1 }, { clock });
    const batch = executor.executeBatch(contextsOf([0, 1]));
    await delayed.started(1); // stays in flight, so that row 0 is never alone
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) waits.push(await refuseAndWait(delayed, clock, attempt));
    expect(waits).toEqual([50, 100, 200]);
    delayed.releaseAll();
    await batch;
  });
});

describe.each(bothEngines('failing-transform.ts', failing))('figures: I5, I6, $name', ({ transform }) => {
  test('capacityRetries, attempts, throttle time and peak are exactly what the trail says', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<ScriptedRow, number>({ transform, poolSize: 1, audit }, { clock });
    const rows: ScriptedRow[] = [{ id: 0, refusals: 3 }, { id: 1 }, { id: 2, refusals: 1 }];
    const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(rows)));
    expect(outputsOf(entries)).toEqual([0, 10, 20]);
    expect(entries.map(({ attempts }) => attempts)).toEqual([4, 1, 2]);
    const attempts = recordsOf(audit, 'attempt');
    expect(stats).toMatchObject({ attempts: 7, capacityRetries: 4 });
    expect(attempts).toHaveLength(7);
    expect(attempts.filter(({ outcome }) => outcome === 'capacity')).toHaveLength(4);
    expect(stats.totalThrottleTimeMs).toBe(attempts.reduce((sum, { backoffMs }) => sum + backoffMs, 0));
    for (const { outcome, backoffMs } of attempts) {
      if (outcome === 'capacity') expect(backoffMs).toBeGreaterThanOrEqual(50);
      else expect(backoffMs).toBe(0);
    }
    expect(Math.max(...attempts.map(({ delayMs }) => delayMs))).toBe(stats.peakDelayMs);
  });

  test('each wait that was ordered is kept: the next attempt is not sent before it is over', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<ScriptedRow, number>({ transform, poolSize: 1, audit }, { clock });
    await clock.runUntil(executor.executeBatch(contextsOf([{ id: 0, refusals: 4 }])));
    const attempts = recordsOf(audit, 'attempt');
    expect(attempts.map(({ backoffMs }) => backoffMs)).toEqual([50, 100, 200, 400, 0]);
    for (const [index, { dispatchedAt }] of attempts.entries()) {
      const before = attempts[index - 1];
      // one wait, not two: the next attempt goes out the moment it is over
      if (before !== undefined) expect(dispatchedAt - before.finishedAt).toBe(before.backoffMs);
    }
  });
});

describe('Retry-After', () => {
  test.for([
    ['longer than the delay: it counts', 700, 700],
    ['shorter than the delay: the delay counts', 20, 50],
    ['longer than maxDispatchDelayMs: it counts', 60_000, 60_000],
    ['0: the delay counts', 0, 50],
    ['NaN: ignored', NaN, 50],
    ['negative: ignored', -5, 50],
    ['Infinity: ignored', Infinity, 50],
  ] as const)('%s', async ([, retryAfterMs, wait], { createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1 }, { clock });
    const batch = executor.executeBatch(contextsOf([0]));
    await delayed.started(0);
    delayed.refuse(0, 429, { retryAfterMs });
    expect(await clock.advanceToNext()).toBe(wait);
    await delayed.started(0, 2);
    delayed.release(0);
    expect((await batch).stats.totalThrottleTimeMs).toBe(wait);
  });

  test('crosses the thread', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const executor = createExecutor<ScriptedRow, number>(
      { transform: bothEngines('failing-transform.ts', failing)[1]!.transform, poolSize: 1 },
      { clock },
    );
    const rows = [{ id: 0, refusals: 1, retryAfterMs: 1234 }];
    const { stats } = await clock.runUntil(executor.executeBatch(contextsOf(rows)));
    expect(stats.totalThrottleTimeMs).toBe(1234);
  });
});

describe('minDispatchDelayMs: the gate', () => {
  test.for([1, 7, 'auto'] as const)(
    'dispatches are that far apart, with sliceSize %s',
    async (sliceSize, { createExecutor }) => {
      const clock = new FakeClock();
      const startedAt: number[] = [];
      const { transform } = makeTrackedTransform((row: number) => {
        startedAt.push(clock.now());
        return row;
      });
      const executor = createExecutor(
        { transform, poolSize: 3, minDispatchDelayMs: 100, sliceSize },
        { clock },
      );
      const { stats } = await clock.runUntil(executor.executeBatch(contextsOf(range(5))));
      expect(startedAt).toEqual([0, 100, 200, 300, 400]);
      expect(stats).toMatchObject({ pacedTimeMs: 400, totalThrottleTimeMs: 0, currentDelayMs: 100 });
    },
  );

  test('is one for all batches together', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const startedAt: number[] = [];
    const { transform } = makeTrackedTransform((row: number) => {
      startedAt.push(clock.now());
      return row;
    });
    const executor = createExecutor({ transform, poolSize: 3, minDispatchDelayMs: 100 }, { clock });
    await clock.runUntil(Promise.all([executor.map([0, 1]), executor.map([2, 3])]));
    expect(startedAt).toEqual([0, 100, 200, 300]);
  });

  test('holds for retries too, which go before new rows', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const started: [row: number, at: number][] = [];
    const { transform } = makeTrackedTransform((row: number, { attempt }) => {
      started.push([row, clock.now()]);
      if (row === 0 && attempt === 1) throw new CapacityError(503);
      return row;
    });
    const executor = createExecutor({ transform, poolSize: 2, minDispatchDelayMs: 1000 }, { clock });
    await clock.runUntil(executor.map([0, 1, 2]));
    expect(started).toEqual([
      [0, 0],
      [1, 1000],
      [0, 2000], // its wait of 2000 is over, and the gate opens at that moment
      [2, 3000],
    ]);
  });

  test('holds for a retry whose wait is over while it is closed', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const started = () => delayed.log.map(({ row }) => row);
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 4, minDispatchDelayMs: 1_000, maxDispatchDelayMs: 1_000 },
      { clock },
    );
    const batch = executor.map(range(4));
    await clock.advance(500);
    delayed.refuse(0); // for 1,000 ms, so until 1,500, while row 1 starts at 1,000
    await clock.advance(1_499);
    expect(started()).toEqual([0, 1]);
    await clock.advance(1);
    expect(started()).toEqual([0, 1, 0]);
    delayed.releaseAll();
    await clock.runUntil(batch);
    expect(started()).toEqual([0, 1, 0, 2, 3]);
  });

  test('is no wait for a row that comes later than that anyway', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 1, minDispatchDelayMs: 100 }, { clock });
    await clock.runUntil(executor.map([0]));
    await clock.advance(100);
    const { stats } = await clock.runUntil(executor.executeBatch(contextsOf([1])));
    expect(stats.pacedTimeMs).toBe(0);
    expect(clock.now()).toBe(100);
  });
});

test('delay: I9 for any accepted options, refusals never lead to a delay of 0 nor to a wait below 1 ms', async ({
  createExecutor,
}) => {
  const ms = fc.oneof(
    fc.constant(0),
    fc.double({ min: 0, max: 1e7, noNaN: true }),
    fc.constant(Number.MIN_VALUE),
  );
  await fc.assert(
    fc.asyncProperty(
      ms,
      ms,
      ms,
      fc.oneof(
        fc.double({ min: 1, max: 1e300, noNaN: true, minExcluded: true }),
        fc.constant(1 + Number.EPSILON),
      ),
      fc.integer({ min: 1, max: 3 }),
      async (one, other, recoveryStepMs, backoffMultiplier, poolSize) => {
        const [minDispatchDelayMs, maxDispatchDelayMs] = [Math.min(one, other), Math.max(one, other)];
        fc.pre(maxDispatchDelayMs > 0 && !(recoveryStepMs === 0 && minDispatchDelayMs === 0));
        const clock = new FakeClock();
        const audit = new MemoryAuditTrail();
        const delays: number[] = [];
        const executor = createExecutor(
          {
            transform: (row: unknown, { attempt }) => {
              if (attempt > 1) delays.push(executor.getStats().poolStats.currentDelayMs);
              if (typeof row === 'number' && attempt <= 6) throw new CapacityError(503);
              return row;
            },
            poolSize,
            audit,
            minDispatchDelayMs,
            maxDispatchDelayMs,
            recoveryStepMs,
            backoffMultiplier,
            maxCapacityRetryMs: Infinity,
          },
          { clock },
        );
        await clock.runUntil(executor.map([0]));
        expect(delays).toHaveLength(6);
        for (const delay of delays) {
          expect(delay).toBeGreaterThan(0);
          expect(delay).toBeLessThanOrEqual(maxDispatchDelayMs);
        }
        for (const { outcome, backoffMs } of recordsOf(audit, 'attempt')) {
          if (outcome === 'capacity') expect(backoffMs).toBeGreaterThanOrEqual(1);
        }
      },
    ),
    { numRuns: 60 },
  );
});
