import { describe, expect } from 'vitest';
import { CapacityError } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, collect, contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import {
  makeDelayedTransform,
  makeFailingTransform,
  makeTrackedTransform,
  refuse,
} from '../helpers/transforms.ts';

describe('overlapping batches', () => {
  test('run at the same time, proven at a barrier inside the workers', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const one = executor.map([1, 2]);
    const two = executor.map([11, 12]);
    await stage.started(1, 11); // both at the barrier: neither batch waits for the other
    stage.openAll();
    expect(await one).toEqual([10, 20].map((value) => ({ status: 'success', value })));
    expect(await two).toEqual([110, 120].map((value) => ({ status: 'success', value })));
  });

  test('share the permits: a row of one waits for a row of the other', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<string>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 1 });
    const one = executor.map(['a0', 'a1']);
    await delayed.started('a1');
    const two = executor.map(['b0']);
    await turns();
    expect(delayed.running).toEqual(['a0', 'a1']);
    expect(executor.availablePermits).toBe(0);
    expect(executor.pendingCount).toBe(3);
    delayed.release('a1');
    await delayed.started('b0');
    delayed.release('a0', 'b0');
    await Promise.all([one, two]);
    expect(delayed.highest).toBe(2);
  });

  test('I7 have their own entries and stats, however they interleave', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeFailingTransform(
      new Map([
        ...refuse(['a1', 'a2'], 2),
        ...refuse(['b0'], 1),
        ['c1', { times: 1, error: () => new Error('bad') }],
      ]),
    );
    const executor = createExecutor({ transform, poolSize: 3, sliceSize: 1 }, { clock });
    const [a, b, c] = await clock.runUntil(
      Promise.all([
        executor.executeBatch(contextsOf(['a0', 'a1', 'a2'], 'a')),
        executor.executeBatch(contextsOf(['b0', 'b1'], 'b')),
        executor.executeBatch(contextsOf(['c0', 'c1', 'c2', 'c3'], 'c')),
      ]),
    );
    expect(outputsOf(a)).toEqual(['a0', 'a1', 'a2']);
    expect(outputsOf(b)).toEqual(['b0', 'b1']);
    expect(codesOf(c)).toEqual(['ok', 'transform_error', 'ok', 'ok']);
    for (const { entries } of [a, b, c]) {
      expect(entries.map(({ submitIndex }) => submitIndex)).toEqual(range(entries.length));
      expect(entries.map(({ completeIndex }) => completeIndex).toSorted((x, y) => x - y)).toEqual(
        range(entries.length),
      );
    }
    expect(a.stats).toMatchObject({ submitted: 3, successes: 3, errors: 0, attempts: 7, capacityRetries: 4 });
    expect(b.stats).toMatchObject({ submitted: 2, successes: 2, errors: 0, attempts: 3, capacityRetries: 1 });
    expect(c.stats).toMatchObject({ submitted: 4, successes: 3, errors: 1, attempts: 4, capacityRetries: 0 });
    expect(c.stats.totalThrottleTimeMs).toBe(0);
    const { poolStats } = executor.getStats();
    expect(poolStats).toMatchObject({
      submitted: 9,
      successes: 8,
      errors: 1,
      attempts: 14,
      capacityRetries: 5,
    });
    expect(poolStats.totalThrottleTimeMs).toBe(a.stats.totalThrottleTimeMs + b.stats.totalThrottleTimeMs);
  });

  test('I7 stats of a later batch know nothing of an earlier one', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeFailingTransform(refuse([0], 3));
    const executor = createExecutor({ transform, poolSize: 1 }, { clock });
    await clock.runUntil(executor.executeBatch(contextsOf([0])));
    const { stats } = await clock.runUntil(executor.executeBatch(contextsOf([1])));
    expect(stats).toMatchObject({
      submitted: 1,
      successes: 1,
      errors: 0,
      attempts: 1,
      capacityRetries: 0,
      totalThrottleTimeMs: 0,
      peakDelayMs: 0,
      maxConcurrentReached: 1,
    });
  });

  test('may use the same ids and indices', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    const [one, two] = await Promise.all([
      executor.executeBatch(contextsOf([1, 2])),
      executor.executeBatch(contextsOf([3, 4])),
    ]);
    expect([outputsOf(one), outputsOf(two)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('20 at once, of 0 to 19 rows, each get their own rows back', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('tracked-transform.ts'),
      poolSize: 2,
      workerData: { stage: stage.buffer },
    });
    const lists = range(20).map((length) => range(length).map((row) => 50 * length + row));
    const results = await Promise.all(lists.map((rows) => executor.executeBatch(contextsOf(rows))));
    expect(results.map(outputsOf)).toEqual(lists.map((rows) => rows.map((row) => row * 10)));
    expect(results.map(({ stats }) => stats.attempts)).toEqual(range(20));
  });
});

describe('fairness', () => {
  test('a 10-row batch behind a large one ends long before it, in turn with it', async ({
    createExecutor,
  }) => {
    const { transform, log } = makeTrackedTransform<string>();
    const executor = createExecutor({ transform, poolSize: 2, sliceSize: 1 });
    const order: string[] = [];
    const large = executor.map(range(1000).map((row) => `large ${row}`)).then(() => order.push('large'));
    const small = executor.map(range(10).map((row) => `small ${row}`)).then(() => order.push('small'));
    await Promise.all([large, small]);
    expect(order).toEqual(['small', 'large']);
    // one of each in turn: 10 rows of the small batch, as many of the large, and those sent before it came
    expect(log.findLastIndex(({ row }) => row.startsWith('small'))).toBeLessThan(25);
  });

  test('a batch behind a running one gets the next permit that is free', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<string>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1, sliceSize: 1 });
    const large = executor.map(['l0', 'l1', 'l2', 'l3']);
    await delayed.started('l0');
    const small = executor.map(['s0']);
    await turns();
    delayed.release('l0');
    await turns();
    delayed.release(delayed.running[0]!);
    await turns();
    expect(delayed.log.map(({ row }) => row).slice(0, 3)).toContain('s0');
    delayed.releaseAll();
    await Promise.all([large, small]);
  });

  test('holds in threads, with slices as large as they get', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('tracked-transform.ts'),
      poolSize: 1, // with two, one thread could do the large batch while the other is not scheduled,
      workerData: { stage: stage.buffer },
    });
    const order: string[] = [];
    const large = executor.map(range(30_000).map(() => 0)).then(() => order.push('large'));
    const small = executor.map(range(10).map(() => 1)).then(() => order.push('small'));
    await Promise.all([large, small]);
    expect(order).toEqual(['small', 'large']);
  });

  test('holds between a stream and a batch', async ({ createExecutor }) => {
    const { transform, log } = makeTrackedTransform<string>();
    const executor = createExecutor({ transform, poolSize: 2, sliceSize: 1 });
    const reading = collect(
      executor.stream(
        range(1000).map((row) => `large ${row}`),
        { window: 500 },
      ),
    );
    await turns(2);
    await executor.map(range(10).map((row) => `small ${row}`));
    const sent = log.length;
    expect(sent).toBeLessThan(500);
    await reading;
  });

  test('a row in backoff of one batch does not hold up the other batch', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeTrackedTransform((row: string, { attempt }) => {
      if (row === 'a' && attempt === 1) throw new CapacityError(503);
      return row;
    });
    const executor = createExecutor({ transform, poolSize: 1 }, { clock });
    const one = executor.map(['a']);
    await turns();
    expect(await executor.map(['b', 'c'])).toHaveLength(2); // in no time
    await clock.runUntil(one);
  });
});
