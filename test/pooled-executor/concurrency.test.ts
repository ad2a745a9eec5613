import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { test } from '../helpers/executor-fixture.ts';
import { turns } from '../helpers/event-loop.ts';
import { workerUrl } from '../helpers/engines.ts';
import { contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { makeDelayedTransform } from '../helpers/transforms.ts';

describe('poolSize: I2 in threads', () => {
  test('poolSize rows run at once, and a further row starts only after one of them has ended', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 3,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(6)));
    await stage.started(0, 1, 2);
    expect(executor.availablePermits).toBe(0);
    expect(executor.pendingCount).toBe(6);
    expect(stage.starts).toHaveLength(3);
    stage.open(1);
    await stage.started(3);
    expect(stage.position('start', 3)).toBeGreaterThan(stage.position('end', 1));
    stage.openAll();
    const { stats } = await batch;
    expect(stage.highest).toBe(3);
    expect(stats.maxConcurrentReached).toBe(3);
    expect(executor.getStats().poolStats.maxConcurrentReached).toBe(3);
  });

  test('holds over all batches and streams together', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batches = [0, 10, 20].map((first) => executor.map([first, first + 1, first + 2]));
    const stream = executor.stream([30, 31, 32]);
    const first = stream.next();
    await stage.until(() => stage.starts.length === 2);
    stage.openAll();
    await Promise.all(batches);
    await first;
    for await (const _entry of stream);
    expect(stage.starts).toHaveLength(12);
    expect(stage.highest).toBe(2);
    expect(executor.getStats().poolStats.maxConcurrentReached).toBe(2);
  });

  test('holds for async transforms that share one thread', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      exportName: 'delayedAsync',
      poolSize: 3,
      threads: 1,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(5)));
    await stage.started(0, 1, 2);
    expect(stage.starts).toHaveLength(3);
    stage.open(2);
    await stage.started(3);
    expect(stage.position('start', 3)).toBeGreaterThan(stage.position('end', 2));
    stage.openAll();
    const { entries, stats } = await batch;
    expect(outputsOf(entries)).toEqual([0, 10, 20, 30, 40]);
    expect(stage.highest).toBe(3);
    expect(stats.maxConcurrentReached).toBe(3);
  });

  test('200 async rows are in flight at once on 2 threads, and again as soon as some have ended', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      exportName: 'delayedAsync',
      poolSize: 200,
      threads: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(300)));
    await stage.until(() => stage.starts.length === 200);
    stage.open(...range(100));
    await stage.until(() => stage.starts.length === 300);
    expect(stage.ends).toHaveLength(100);
    stage.openAll();
    const { stats } = await batch;
    expect(stage.highest).toBe(200);
    expect(stats.maxConcurrentReached).toBe(200);
  });

  test("sliceSize 'auto': the first poolSize async rows are in flight at once", async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      exportName: 'delayedAsync',
      poolSize: 200,
      threads: 2,
      workerData: { stage: stage.buffer },
    });
    const results = executor.map(range(1_000));
    await stage.until(() => stage.starts.length === 200);
    stage.openAll();
    await results;
    expect(stage.highest).toBe(200);
  });
});

describe('maxConcurrentReached', () => {
  test('is what the test forced: of the executor, and of each batch its own rows alone', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<string>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 5, sliceSize: 1 });
    const one = executor.executeBatch(contextsOf(['a0', 'a1', 'a2']));
    const two = executor.executeBatch(contextsOf(['b0']));
    await Promise.all(['a0', 'a1', 'a2', 'b0'].map((row) => delayed.started(row)));
    delayed.release('a0', 'a1', 'a2', 'b0');
    expect((await one).stats.maxConcurrentReached).toBe(3);
    expect((await two).stats.maxConcurrentReached).toBe(1);
    expect(executor.getStats().poolStats.maxConcurrentReached).toBe(4);
  });

  test('is 1 for rows that run one after another', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 4, sliceSize: 1 });
    for (const row of [0, 1]) {
      const batch = executor.executeBatch(contextsOf([row]));
      await delayed.started(row);
      delayed.release(row);
      expect((await batch).stats.maxConcurrentReached).toBe(1);
    }
    expect(executor.getStats().poolStats.maxConcurrentReached).toBe(1);
  });

  test('is 0 for a batch of no rows', async ({ createExecutor }) => {
    const { transform } = makeDelayedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 4 });
    expect((await executor.executeBatch([])).stats.maxConcurrentReached).toBe(0);
  });
});

test('poolSize: I1, I2 for any number of rows and permits, in-process', async ({ createExecutor }) => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 10 }), async (count, poolSize) => {
      const delayed = makeDelayedTransform<number>();
      const executor = createExecutor({ transform: delayed.transform, poolSize, sliceSize: 1 });
      const batch = executor.executeBatch(contextsOf(range(count)));
      await turns(3);
      expect(delayed.running).toEqual(range(Math.min(count, poolSize)));
      delayed.releaseAll();
      const { entries, stats } = await batch;
      expect(outputsOf(entries)).toEqual(range(count));
      expect(stats.maxConcurrentReached).toBe(Math.min(count, poolSize));
    }),
    { numRuns: 50 },
  );
});
