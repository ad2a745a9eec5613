import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { bothEngines, workerUrl } from '../helpers/engines.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { makeDelayedTransform, makeTrackedTransform } from '../helpers/transforms.ts';
import { delayedAsync } from '../workers/delayed-transform.ts';

/** Counts up, and says how far it was pulled. */
function countingSource(): { readonly rows: Iterable<number>; readonly pulled: () => number } {
  let pulled = 0;
  const rows = (function* () {
    for (;;) yield pulled++;
  })();
  return { rows, pulled: () => pulled };
}

describe('stream: I13 the window', () => {
  test('is a hard bound while the head row is stalled, though all rows behind it are done', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 1 });
    const source = countingSource();
    const stream = executor.stream(source.rows, { window: 5 });
    const first = stream.next();
    await delayed.started(0);
    for (let row = 1; row < 5; row++) {
      await delayed.started(row);
      delayed.release(row);
    }
    await turns();
    expect(source.pulled()).toBe(5);
    expect(executor.pendingCount).toBe(5);
    expect(delayed.running).toEqual([0]);
    delayed.release(0);
    await first;
    await turns();
    expect(source.pulled()).toBe(6); // one was taken, so one came in
    delayed.releaseAll();
    await stream.return();
  });

  test('is a hard bound while the consumer is stalled, in threads too', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('tracked-transform.ts'),
      poolSize: 2,
      workerData: { stage: stage.buffer },
    });
    const source = countingSource();
    const stream = executor.stream(source.rows, { window: 16 });
    await stream.next();
    await stage.ended(...range(17)); // all that the window admits: one taken, 16 in it
    await turns();
    expect(source.pulled()).toBe(17);
    expect(executor.pendingCount).toBe(16);
    expect(stage.starts).toHaveLength(17);
    await stream.return();
  });

  test('is by default 4 * poolSize * the slice size', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 3, sliceSize: 5 });
    const source = countingSource();
    const stream = executor.stream(source.rows);
    await stream.next();
    await turns(50);
    expect(source.pulled()).toBe(1 + 4 * 3 * 5);
    await stream.return();
  });

  test('is by default at most 16,384', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 3, sliceSize: 5000 });
    const source = countingSource();
    const stream = executor.stream(source.rows);
    await stream.next();
    await turns(100);
    expect(source.pulled()).toBeLessThanOrEqual(1 + 16_384);
    await stream.return();
  });

  test('a window of 1 runs one row at a time', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 4, sliceSize: 1 });
    const reading = collect(executor.stream(range(3), { window: 1 }));
    for (const row of range(3)) {
      await delayed.started(row);
      expect(delayed.running).toEqual([row]);
      delayed.release(row);
    }
    expect(outputsOf(await reading)).toEqual(range(3));
  });

  test('of each stream is its own', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const sources = [countingSource(), countingSource()];
    const streams = sources.map(({ rows }, index) => executor.stream(rows, { window: 3 + index }));
    for (const stream of streams) await stream.next();
    await turns();
    expect(sources.map(({ pulled }) => pulled())).toEqual([4, 5]);
    expect(executor.pendingCount).toBe(7);
    for (const stream of streams) await stream.return();
  });
});

/** Each an executor; a row that stalls has a permit, and the others need one too. */
const POOL_SIZES = [2, 4];

/** A stream as the property below draws it. */
const plannedStream = fc.record({
  window: fc.integer({ min: 1, max: 12 }),
  poolSize: fc.constantFrom(...POOL_SIZES),
  count: fc.nat({ max: 40 }),
  isAsync: fc.boolean(),
  /** Turns of the event loop that the source or the consumer takes, per row. */
  pauses: fc.array(fc.nat({ max: 3 }), { maxLength: 20 }),
  /** The first row that stalls, and how much further than a window it is to the next. */
  stalled: fc.nat({ max: 12 }),
  apart: fc.nat({ max: 12 }),
});

describe.each(
  bothEngines<number, number>('delayed-transform.ts', delayedAsync).flatMap((engine) =>
    ([1, 'auto'] as const).map((sliceSize) => ({ ...engine, sliceSize })),
  ),
)('stream: I13 the window, $name, sliceSize $sliceSize', ({ name, transform, sliceSize }) => {
  test('holds for any source, consumer and stall', async ({ createExecutor }) => {
    const stage = new Stage();
    const executors = new Map(
      POOL_SIZES.map((poolSize) => [
        poolSize,
        createExecutor<number, number>({
          transform,
          poolSize,
          sliceSize,
          workerData: { stage: stage.buffer },
          ...(name === 'threads' ? { exportName: 'delayedAsync', threads: 1 } : {}),
        }),
      ]),
    );
    await fc.assert(
      fc.asyncProperty(plannedStream, async (plan) => {
        const { window, poolSize, count, isAsync, pauses, stalled, apart } = plan;
        const isStalled = (row: number) => row >= stalled && (row - stalled) % (window + apart) === 0; // one in a window
        const executor = executors.get(poolSize)!;
        stage.reset();
        stage.open(...range(count).filter((row) => !isStalled(row)));
        let pulled = 0;
        let taken = 0;
        let highest = 0;
        const note = (row: number) => {
          highest = Math.max(highest, ++pulled - taken);
          return row;
        };
        const source = isAsync
          ? (async function* () {
              for (const row of range(count)) {
                await turns(pauses[row] ?? 0);
                yield note(row);
              }
            })()
          : (function* () {
              for (const row of range(count)) yield note(row);
            })();
        const stream = executor.stream(source, { window });
        /** All that may run beside the head row has run: what is pulled is what the window holds, no more and no less. */
        const stallHead = async (head: number) => {
          const last = Math.min(count, head + window);
          await stage.started(head);
          await stage.ended(...range(last).slice(head + 1));
          await turns();
          expect(pulled, 'pulled while the head row is stalled').toBe(last);
          stage.open(head);
        };
        /** In longer slices rows wait for the stalled one before and behind them: it can't be held until it is the head. */
        const stall = async (row: number) => {
          await stage.started(row);
          await turns();
          stage.open(row);
        };
        const stalls = sliceSize === 1 ? [] : range(count).filter(isStalled).map(stall);
        const rows: number[] = [];
        try {
          for (let head = 0; ; head++) {
            taken++; // asked for: the window may go on
            const step = stream.next();
            if (sliceSize === 1 && head < count && isStalled(head)) await stallHead(head);
            const { done, value } = await step;
            if (done === true) break;
            rows.push(value.submitIndex);
            expect(executor.pendingCount).toBeLessThanOrEqual(window);
            await turns(pauses[rows.length] ?? 0);
          }
        } finally {
          stage.open(...range(count)); // a run that has failed is not to be in the way of the next
          await stream.return();
        }
        await Promise.all(stalls);
        expect(highest, 'pulled and not taken').toBeLessThanOrEqual(window);
        expect(rows).toEqual(range(count));
      }),
      { numRuns: name === 'threads' ? 8 : 30 },
    );
  });
});

describe('stream: readers', () => {
  test('several at once get the entries in the order in which they asked', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const stream = executor.stream(range(3));
    const steps = await Promise.all(range(5).map(() => stream.next()));
    expect(steps.map(({ value }) => value?.submitIndex)).toEqual([0, 1, 2, undefined, undefined]);
  });

  test('more at once than the window holds are all served', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const stream = executor.stream(range(20), { window: 2 });
    const steps = await Promise.all(range(21).map(() => stream.next()));
    expect(steps.map(({ value }) => value?.submitIndex)).toEqual([...range(20), undefined]);
  });
});

describe('stream: stats', () => {
  test('are those of the stream alone, at every moment and after its end', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<string>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 3, sliceSize: 1 });
    const other = executor.map(['other']);
    const stream = executor.stream(['a', 'b'], { window: 2 });
    expect(stream.stats).toMatchObject({ submitted: 0, attempts: 0 });
    const reading = collect(stream);
    await delayed.started('b');
    expect(stream.stats).toMatchObject({ submitted: 2, successes: 0, maxConcurrentReached: 2 });
    delayed.release('a');
    await turns();
    expect(stream.stats).toMatchObject({ submitted: 2, successes: 1, attempts: 1 });
    delayed.fail('b', new Error('bad'));
    await reading;
    delayed.releaseAll();
    await other;
    await executor.map(['later']);
    expect(stream.stats).toEqual({
      submitted: 2,
      successes: 1,
      errors: 1,
      attempts: 2,
      capacityRetries: 0,
      currentDelayMs: 0,
      peakDelayMs: 0,
      totalThrottleTimeMs: 0,
      pacedTimeMs: 0,
      maxConcurrentReached: 2,
    });
  });
});

describe('stream: nextReady', () => {
  test('gives all entries that are ready, in order, waits where there is none, and gives none at the end', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 4, sliceSize: 1 });
    const stream = executor.stream(range(5));
    const indicesOf = async () => (await stream.nextReady()).map(({ rowIndex }) => rowIndex);
    const first = indicesOf();
    for (const row of [1, 2, 3]) {
      await delayed.started(row);
      delayed.release(row);
    }
    await delayed.started(4);
    expect(await isSettled(first)).toBe(false);
    delayed.release(0);
    expect(await first).toEqual([0, 1, 2, 3]);
    delayed.release(4);
    expect(await indicesOf()).toEqual([4]);
    expect(await indicesOf()).toEqual([]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('I13 entries given out together take up room in the window until more are asked for', async ({
    createExecutor,
  }) => {
    const executor = createExecutor({ transform: (row: number) => row, poolSize: 1 });
    const source = countingSource();
    const stream = executor.stream(source.rows, { window: 4 });
    const seen: number[] = [];
    while (seen.length < 40) {
      seen.push(...(await stream.nextReady()).map(({ rowIndex }) => rowIndex));
      await turns();
      const others = Math.max(0, source.pulled() - seen.length); // the first of those given out has made room for one
      expect(others).toBeLessThanOrEqual(4);
      expect(executor.pendingCount).toBeLessThanOrEqual(4);
    }
    expect(seen).toEqual(range(seen.length));
    await stream.return();
    expect(await stream.nextReady()).toEqual([]);
  });

  test('I13 can be called in turn with next, and before it has answered', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: (row: number) => row, poolSize: 1 });
    const stream = executor.stream(range(60), { window: 4 });
    const seen: number[] = [];
    for (;;) {
      const lists = await Promise.all([stream.nextReady(), stream.nextReady()]);
      const step = await stream.next();
      seen.push(...lists.flat().map(({ rowIndex }) => rowIndex));
      if (step.done === true) break;
      seen.push(step.value.rowIndex);
    }
    expect(seen).toEqual(range(60));
  });

  test('rejects with the error of the source, behind the entries before it', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: (row: number) => row, poolSize: 1 });
    const stream = executor.stream(
      (function* () {
        yield 1;
        throw new Error('no more');
      })(),
    );
    expect(outputsOf(await stream.nextReady())).toEqual([1]);
    await expect(stream.nextReady()).rejects.toThrow('no more');
    expect(await stream.nextReady()).toEqual([]);
  });
});
