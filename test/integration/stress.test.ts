import { describe, expect } from 'vitest';
import { MemoryAuditTrail } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { randomNumbers } from '../helpers/random.ts';
import { collect, contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { runs } from '../helpers/runs.ts';
import { Stage } from '../helpers/stage.ts';
import { makeFailingTransform, refuse } from '../helpers/transforms.ts';
import type { ScriptedRow } from '../workers/failing-transform.ts';

describe('many rows', () => {
  test.for(range(runs(1, 10)))(
    '1,000 rows, poolSize 10, refused at random, seed %i',
    async (seed, { createExecutor }) => {
      const random = randomNumbers(seed);
      const clock = new FakeClock();
      const rows = range(1000);
      const times = rows.map(() => Math.max(0, random(8) - 5)); // a quarter of them once or twice
      const refusals = times.reduce((sum, count) => sum + count, 0);
      const { transform } = makeFailingTransform(
        new Map(rows.flatMap((row) => [...refuse([row], times[row]!)])),
      );
      const executor = createExecutor({ transform, poolSize: 10 }, { clock });
      const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(rows)));
      expect(outputsOf(entries)).toEqual(rows);
      expect(entries.map(({ attempts }) => attempts)).toEqual(times.map((count) => count + 1));
      expect(stats).toMatchObject({
        successes: 1000,
        capacityRetries: refusals,
        attempts: 1000 + refusals,
      });
    },
  );

  test('100 rows with 50 permits on 2 threads', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      exportName: 'delayedAsync',
      poolSize: 50,
      threads: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(100)));
    await stage.started(...range(50));
    expect(stage.starts).toHaveLength(50);
    stage.openAll();
    const { entries, stats } = await batch;
    expect(outputsOf(entries)).toEqual(range(100).map((row) => row * 10));
    expect(stats.maxConcurrentReached).toBe(50);
  });

  test('thousands of rows through a stream in threads, in order', async ({ createExecutor }) => {
    const count = runs(5_000, 20_000);
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<ScriptedRow, number>({
      transform: workerUrl('failing-transform.ts'),
      poolSize: 2,
      audit,
    });
    const source = function* () {
      for (const id of range(count)) yield { id };
    };
    let next = 0;
    for await (const { rowIndex, result } of executor.stream(source())) {
      if (rowIndex !== next || result.status !== 'success' || result.value !== next * 10)
        expect.fail(`row ${next}`);
      next++;
    }
    expect(next).toBe(count);
  });

  test('a stream of rows, half of them refused, in threads', async ({ createExecutor }) => {
    const count = runs(200, 500);
    const clock = new FakeClock();
    const executor = createExecutor<ScriptedRow, number>(
      { transform: workerUrl('failing-transform.ts'), poolSize: 2 },
      { clock },
    );
    const rows = range(count).map((id) => ({ id, refusals: id % 2 }));
    const stream = executor.stream(rows, { window: 100 });
    const entries = await clock.runUntil(collect(stream));
    expect(outputsOf(entries)).toEqual(range(count).map((id) => id * 10));
    const refusals = count / 2;
    expect(stream.stats).toMatchObject({
      successes: count,
      capacityRetries: refusals,
      attempts: count + refusals,
    });
  });
});
