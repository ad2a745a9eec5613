import { describe, expect } from 'vitest';
import { MemoryAuditTrail } from '../../src/index.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { bothEngines, workerUrl } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { recordsOf } from '../helpers/trails.ts';
import { Stage } from '../helpers/stage.ts';
import { makeDelayedTransform, makeFailingTransform, refuse } from '../helpers/transforms.ts';
import failing, { type ScriptedRow } from '../workers/failing-transform.ts';

describe('queue: a row that was not sent yet holds no permit', () => {
  test('while the gate is closed, permits are free, and an abort leaves them so', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 3, minDispatchDelayMs: 1_000 },
      { clock },
    );
    const controller = new AbortController();
    const batch = executor.map(range(6), { signal: controller.signal });
    await delayed.started(0);
    expect(executor.availablePermits).toBe(2);
    controller.abort();
    expect(executor.availablePermits).toBe(2);
    delayed.release(0);
    await batch;
    expect(executor.availablePermits).toBe(3);
  });

  test('before the first dispatch all are free', async ({ createExecutor }) => {
    const { transform } = makeFailingTransform<number>(new Map());
    const executor = createExecutor({ transform, poolSize: 2, sliceSize: 3 });
    const batch = executor.map(range(6));
    expect(executor.availablePermits).toBe(2);
    await batch;
    expect(executor.availablePermits).toBe(2);
  });
});

describe('backoff: I3 a waiting row holds no permit', () => {
  test('with poolSize 1, row 1 starts and ends while row 0 backs off', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1, sliceSize: 1 }, { clock });
    const batch = executor.executeBatch(contextsOf([0, 1]));
    await delayed.started(0);
    expect(executor.availablePermits).toBe(0);
    delayed.refuse(0);
    await delayed.started(1);
    expect(delayed.running).toEqual([1]);
    expect(clock.untilNextMs).toBe(50);
    delayed.release(1);
    await turns();
    expect(executor.availablePermits).toBe(1);
    expect(clock.timers).toBe(1);
    await clock.advanceToNext();
    await delayed.started(0, 2);
    delayed.release(0);
    const { entries } = await batch;
    expect(outputsOf(entries)).toEqual([0, 1]);
    expect(entries.map(({ completeIndex }) => completeIndex)).toEqual([1, 0]);
  });

  test('nor a worker: with one thread, row 1 starts and ends while row 0 backs off', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const stage = new Stage();
    const executor = createExecutor<ScriptedRow, number>(
      {
        transform: workerUrl('failing-transform.ts'),
        poolSize: 1,
        workerData: { stage: stage.buffer },
      },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf([{ id: 0, refusals: 1 }, { id: 1 }]));
    await stage.ended(0, 1); // in virtual time that stands still
    expect(stage.starts).toEqual([0, 1]);
    expect(outputsOf(await clock.runUntil(batch))).toEqual([0, 10]);
    expect(stage.starts).toEqual([0, 1, 0]);
  });

  test('more rows than permits, where the first poolSize all are refused: the others end meanwhile', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const { transform, log } = makeFailingTransform(refuse([0, 1, 2], 1));
    const executor = createExecutor({ transform, poolSize: 3 }, { clock });
    const batch = executor.executeBatch(contextsOf(range(10)));
    await turns();
    expect(log.map(({ row }) => row)).toEqual(range(10));
    expect(executor.availablePermits).toBe(3);
    expect(executor.getStats().poolStats).toMatchObject({ successes: 7, attempts: 10 });
    const { entries, stats } = await clock.runUntil(batch);
    expect(outputsOf(entries)).toEqual(range(10));
    expect(stats).toMatchObject({ capacityRetries: 3, attempts: 13 });
  });

  test('more rows than permits, where every row is refused several times', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeFailingTransform(refuse(range(30), 3));
    const executor = createExecutor({ transform, poolSize: 4 }, { clock });
    const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(range(30))));
    expect(outputsOf(entries)).toEqual(range(30));
    expect(stats).toMatchObject({ capacityRetries: 90, attempts: 120 });
    expect(stats.maxConcurrentReached).toBeLessThanOrEqual(4);
  });
});

describe.each(bothEngines('failing-transform.ts', failing))(
  'slice, $name: a capacity error in the middle ends it',
  ({ transform }) => {
    test('rows behind it come back unstarted, are charged no attempt, and go out one by one', async ({
      createExecutor,
    }) => {
      const clock = new FakeClock();
      const audit = new MemoryAuditTrail();
      const executor = createExecutor<ScriptedRow, number>(
        { transform, poolSize: 1, sliceSize: 5, audit },
        { clock },
      );
      const rows = range(5).map((id) => ({ id, refusals: id === 2 ? 1 : 0 }));
      const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(rows)));
      expect(outputsOf(entries)).toEqual([0, 10, 20, 30, 40]);
      expect(entries.map(({ attempts }) => attempts)).toEqual([1, 1, 2, 1, 1]);
      expect(stats).toMatchObject({ attempts: 6, capacityRetries: 1 });
      const slices = Map.groupBy(recordsOf(audit, 'attempt'), ({ sliceId }) => sliceId);
      expect([...slices.values()].map((attempts) => attempts.map(({ rowIndex }) => rowIndex))).toEqual([
        [0, 1, 2],
        [3],
        [4],
        [2],
      ]);
    });
  },
);
