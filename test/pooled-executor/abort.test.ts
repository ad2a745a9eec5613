import { getEventListeners } from 'node:events';
import { describe, expect } from 'vitest';
import { workerUrl } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, collect, contextsOf, errorOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import {
  makeDelayedTransform,
  makeFailingTransform,
  makeTrackedTransform,
  refuse,
} from '../helpers/transforms.ts';

describe('signal', () => {
  test.for(['in-process', 'threads'] as const)(
    'aborted before the start: no row runs, each ends as aborted, %s',
    async (where, { createExecutor }) => {
      const stage = new Stage();
      const { transform, log } = makeTrackedTransform<number>();
      const executor = createExecutor<number, number>({
        transform: where === 'threads' ? workerUrl('tracked-transform.ts') : transform,
        poolSize: 2,
        workerData: { stage: stage.buffer },
      });
      const { entries, stats } = await executor.executeBatch(contextsOf(range(5)), {
        signal: AbortSignal.abort(),
      });
      expect(codesOf(entries)).toEqual(range(5).map(() => 'aborted'));
      expect(errorOf(entries[0])).toMatchObject({ retryable: true });
      expect(entries.map(({ attempts }) => attempts)).toEqual([0, 0, 0, 0, 0]);
      expect(stats).toMatchObject({ submitted: 5, errors: 5, attempts: 0 });
      expect([...log, ...stage.events]).toEqual([]);
    },
  );

  test('aborted during the run: rows that run finish, the others end as aborted, what is done stays', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    stage.open(0);
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const controller = new AbortController();
    const batch = executor.executeBatch(contextsOf(range(6)), { signal: controller.signal });
    await stage.started(1, 2);
    controller.abort();
    stage.openAll();
    const { entries, stats } = await batch;
    expect(codesOf(entries)).toEqual(['ok', 'ok', 'ok', 'aborted', 'aborted', 'aborted']);
    expect(stage.starts.toSorted()).toEqual([0, 1, 2]);
    expect(stats).toMatchObject({ successes: 3, errors: 3, attempts: 3 });
  });

  test('aborted during a slice: the row that runs finishes, those behind it in the slice do not start', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 1,
      sliceSize: 10,
      workerData: { stage: stage.buffer },
    });
    const controller = new AbortController();
    const batch = executor.executeBatch(contextsOf(range(10)), { signal: controller.signal });
    await stage.started(0);
    controller.abort();
    stage.openAll();
    const { entries } = await batch;
    expect(codesOf(entries)).toEqual(['ok', ...range(9).map(() => 'aborted')]);
    expect(entries.map(({ attempts }) => attempts)).toEqual([1, ...range(9).map(() => 0)]);
    expect(stage.starts).toEqual([0]);
  });

  test('aborted during backoff: the row ends at once, with its attempts, and no timer is left', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const { transform, log } = makeFailingTransform(refuse([0], Infinity));
    const executor = createExecutor({ transform, poolSize: 1 }, { clock });
    const controller = new AbortController();
    const batch = executor.executeBatch(contextsOf([0]), { signal: controller.signal });
    await turns();
    await clock.advanceToNext();
    expect(clock.timers).toBe(1);
    controller.abort();
    const { entries, stats } = await batch;
    expect(codesOf(entries)).toEqual(['aborted']);
    expect(entries[0]?.attempts).toBe(2);
    expect(stats).toMatchObject({ attempts: 2, capacityRetries: 1, totalThrottleTimeMs: 150 });
    expect(clock.timers).toBe(0);
    await clock.advance(10_000);
    expect(log).toHaveLength(2);
  });

  test('aborted while a row runs that is then refused: the row ends as aborted, without a wait', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1 }, { clock });
    const controller = new AbortController();
    const batch = executor.executeBatch(contextsOf([0]), { signal: controller.signal });
    await delayed.started(0);
    controller.abort();
    delayed.refuse(0);
    const { entries, stats } = await batch;
    expect(codesOf(entries)).toEqual(['aborted']);
    expect(stats).toMatchObject({ attempts: 1, capacityRetries: 0, totalThrottleTimeMs: 0 });
    expect(clock.timers).toBe(0);
  });

  test('aborted: a row that hangs is killed at the end of attemptTimeoutMs', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 1,
      sliceSize: 1,
      attemptTimeoutMs: 50,
      workerData: { stage: stage.buffer },
    });
    const controller = new AbortController();
    const batch = executor.executeBatch(contextsOf([0, 1]), { signal: controller.signal });
    await stage.started(0);
    controller.abort();
    const { entries } = await batch;
    expect(codesOf(entries)).toEqual(['attempt_timeout', 'aborted']);
  });

  test('ends its own batch alone', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<string>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1, sliceSize: 1 });
    const controller = new AbortController();
    const one = executor.executeBatch(contextsOf(['a0', 'a1']), { signal: controller.signal });
    const two = executor.executeBatch(contextsOf(['b0', 'b1']));
    await delayed.started('a0');
    controller.abort();
    delayed.releaseAll();
    expect(codesOf(await one)).toEqual(['ok', 'aborted']);
    expect(codesOf(await two)).toEqual(['ok', 'ok']);
  });

  test('aborted after the end changes nothing, and no listener is left on it', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const { entries } = await executor.executeBatch(contextsOf([1]), { signal });
    await collect(executor.stream([1, 2], { signal }));
    await turns();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    controller.abort();
    expect(codesOf(entries)).toEqual(['ok']);
  });
});

describe('signal of a stream', () => {
  test('aborted during the run: no more is pulled, the source is closed, the entries come, then the end', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1, sliceSize: 1 });
    const controller = new AbortController();
    let pulled = 0;
    let closed = false;
    const source = function* () {
      try {
        for (;;) yield pulled++;
      } finally {
        closed = true;
      }
    };
    const stream = executor.stream(source(), { signal: controller.signal, window: 3 });
    const reading = collect(stream);
    await delayed.started(0);
    await turns();
    controller.abort();
    delayed.release(0);
    expect(codesOf(await reading)).toEqual(['ok', 'aborted', 'aborted']);
    expect(pulled).toBe(3);
    expect(closed).toBe(true);
    expect(stream.stats).toMatchObject({ submitted: 3, successes: 1, errors: 2 });
  });

  test('aborted before the first read: ends without pulling', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 1 });
    let pulled = 0;
    const source = function* () {
      for (;;) yield pulled++;
    };
    const stream = executor.stream(source(), { signal: AbortSignal.abort() });
    expect(await collect(stream)).toEqual([]);
    expect(pulled).toBe(0);
  });
});
