import { describe, expect } from 'vitest';
import type { Progress } from '../../src/index.ts';
import { turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, collect, contextsOf, range } from '../helpers/rows.ts';
import { makeDelayedTransform, makeTrackedTransform } from '../helpers/transforms.ts';
import { collectWarnings } from '../helpers/warnings.ts';

describe('onProgress', () => {
  test('says what is submitted, emitted, in flight, in backoff, wrong, and the delay', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 3, sliceSize: 1 }, { clock });
    const seen: Progress[] = [];
    const batch = executor.executeBatch(contextsOf(range(4)), {
      onProgress: (progress) => seen.push(progress),
    });
    await delayed.started(2);
    delayed.release(1);
    await turns();
    expect(seen.at(-1)).toMatchObject({
      submitted: 4,
      emitted: 0,
      inFlight: 3,
      inBackoff: 0,
      errors: 0,
      currentDelayMs: 0,
    });
    delayed.refuse(0);
    await turns();
    expect(seen.at(-1)).toMatchObject({
      emitted: 0,
      inFlight: 2,
      inBackoff: 1,
      errors: 0,
      currentDelayMs: 50,
    });
    delayed.fail(2, new Error('bad'));
    await turns();
    expect(seen.at(-1)).toMatchObject({ emitted: 0, inFlight: 1, inBackoff: 1, errors: 1 });
    await clock.advanceToNext();
    delayed.releaseAll();
    await batch;
    expect(seen.at(-1)).toMatchObject({ submitted: 4, emitted: 4, inFlight: 0, inBackoff: 0, errors: 1 });
    for (const { rowsPerSecond } of seen) expect(rowsPerSecond).toBeGreaterThanOrEqual(0);
    const emitted = seen.map((progress) => progress.emitted);
    expect(emitted).toEqual(emitted.toSorted((a, b) => a - b));
  });

  test('rowsPerSecond is emitted rows over the time they took', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const executor = createExecutor(
      { transform: makeTrackedTransform<number>().transform, poolSize: 1, minDispatchDelayMs: 100 },
      { clock },
    );
    const seen: Progress[] = [];
    await clock.runUntil(
      executor.executeBatch(contextsOf(range(21)), { onProgress: (progress) => seen.push(progress) }),
    );
    expect(clock.now()).toBe(2000);
    expect(seen.at(-1)?.rowsPerSecond).toBe(10.5);
  });

  test('comes for a stream too', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 1 });
    const seen: Progress[] = [];
    await collect(executor.stream(range(10), { onProgress: (progress) => seen.push(progress) }));
    expect(seen.at(-1)).toMatchObject({ submitted: 10, errors: 0, inFlight: 0 });
  });

  test.for<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('display is gone');
      },
    ],
    [
      'rejects',
      async () => {
        await Promise.resolve();
        throw new Error('display is gone');
      },
    ],
  ])('that %s is warned about once, and the batch goes on', async ([, fail], { createExecutor }) => {
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      sliceSize: 1,
    });
    const warnings = collectWarnings();
    let calls = 0;
    const { entries } = await executor.executeBatch(contextsOf(range(5)), {
      onProgress: () => {
        calls++;
        return fail();
      },
    });
    await turns();
    expect(codesOf(entries)).toEqual(range(5).map(() => 'ok'));
    expect(calls).toBeGreaterThan(1);
    expect(warnings).toEqual([expect.stringContaining('display is gone')]);
  });

  test('may call the executor: abort, another batch', async ({ createExecutor }) => {
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      sliceSize: 1,
    });
    const controller = new AbortController();
    let inner: Promise<unknown> | undefined;
    const { entries } = await executor.executeBatch(contextsOf(range(5)), {
      signal: controller.signal,
      onProgress: ({ emitted }) => {
        if (emitted < 2) return;
        controller.abort();
        inner ??= executor.map([7]);
      },
    });
    expect(codesOf(entries)).toContain('aborted');
    expect(await inner).toEqual([{ status: 'success', value: 7 }]);
  });

  test.for([
    { wait: true, codes: ['ok', 'ok', 'ok', 'ok', 'ok'] },
    { wait: false, codes: ['ok', 'ok', 'shutdown_requested', 'shutdown_requested', 'shutdown_requested'] },
  ])('may call the executor: shutdown, wait $wait', async ({ wait, codes }, { createExecutor }) => {
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      sliceSize: 1,
    });
    let shutDown: Promise<void> | undefined;
    const { entries } = await executor.executeBatch(contextsOf(range(5)), {
      onProgress: ({ emitted }) => {
        if (emitted === 2) shutDown ??= executor.shutdown({ wait });
      },
    });
    expect(codesOf(entries)).toEqual(codes);
    await expect(shutDown).resolves.toBeUndefined();
  });
});
