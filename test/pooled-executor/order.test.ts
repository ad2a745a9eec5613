import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { test } from '../helpers/executor-fixture.ts';
import { turns } from '../helpers/event-loop.ts';
import { workerUrl } from '../helpers/engines.ts';
import { FAKE_EPOCH, FakeClock } from '../helpers/fake-clock.ts';
import { contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { makeDelayedTransform } from '../helpers/transforms.ts';

const ROWS = 7;
const ORDERS: [name: string, order: number[]][] = [
  ['in order', [0, 1, 2, 3, 4, 5, 6]],
  ['in reverse', [6, 5, 4, 3, 2, 1, 0]],
  ['even rows first', [0, 2, 4, 6, 1, 3, 5]],
  ['first row last', [1, 2, 3, 4, 5, 6, 0]],
];

function completeIndices(order: readonly number[]): number[] {
  return range(order.length).map((row) => order.indexOf(row));
}

describe('executeBatch: I1 entries are in submission order when rows complete', () => {
  test.for(ORDERS)('%s, in-process', async ([, order], { createExecutor }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: ROWS, sliceSize: 1 });
    const batch = executor.executeBatch(contextsOf(range(ROWS)));
    for (const row of order) {
      await delayed.started(row);
      delayed.release(row);
      await turns();
    }
    const { entries } = await batch;
    expect(outputsOf(entries)).toEqual(range(ROWS));
    expect(entries.map(({ rowIndex }) => rowIndex)).toEqual(range(ROWS));
    expect(entries.map(({ submitIndex }) => submitIndex)).toEqual(range(ROWS));
    expect(entries.map(({ completeIndex }) => completeIndex)).toEqual(completeIndices(order));
  });

  test('in slices, the last one first: the rows of each have places of their own', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 3 });
    const batch = executor.executeBatch(contextsOf(range(6)));
    const order = [3, 4, 5, 0, 1, 2];
    for (const row of order) {
      await delayed.started(row);
      delayed.release(row);
      await turns();
    }
    const { entries } = await batch;
    expect(outputsOf(entries)).toEqual(range(6));
    expect(entries.map(({ completeIndex }) => completeIndex)).toEqual(completeIndices(order));
  });

  test('in reverse, in threads', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 4,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(4)));
    await stage.started(0, 1, 2, 3);
    for (const row of [3, 2, 1, 0]) {
      stage.open(row);
      await stage.ended(row);
    }
    const { entries } = await batch;
    expect(stage.ends).toEqual([3, 2, 1, 0]);
    expect(outputsOf(entries)).toEqual([0, 10, 20, 30]);
  });

  test('in any order', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<string>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 20, sliceSize: 1 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 20 })
          .chain((count) => fc.shuffledSubarray(range(count), { minLength: count, maxLength: count })),
        async (order) => {
          const rows = range(order.length).map((row) => `${run}-${row}`);
          run++;
          const batch = executor.executeBatch(contextsOf(rows));
          await Promise.all(rows.map((row) => delayed.started(row)));
          for (const row of order) {
            delayed.release(rows[row]!);
            await turns(1);
          }
          const { entries } = await batch;
          expect(outputsOf(entries)).toEqual(rows);
          expect(entries.map(({ completeIndex }) => completeIndex)).toEqual(completeIndices(order));
        },
      ),
    );
  });
});

describe('stream: I1 entries', () => {
  test('are given in submission order, and a row only after those before it', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 3, sliceSize: 1 });
    const stream = executor.stream([0, 1, 2], { window: 3 });
    const taken: number[] = [];
    const reading = (async () => {
      for await (const { submitIndex } of stream) taken.push(submitIndex);
    })();
    await delayed.started(2);
    delayed.release(2, 1);
    await turns();
    expect(taken).toEqual([]);
    delayed.release(0);
    await reading;
    expect(taken).toEqual([0, 1, 2]);
  });
});

describe('entry', () => {
  test('bufferWaitMs is 0 for the row that everyone waited for, and for others how long they did', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 1 }, { clock });
    const batch = executor.executeBatch(contextsOf([0, 1]));
    await delayed.started(1);
    await clock.advance(5);
    delayed.release(1);
    await clock.advance(25);
    delayed.release(0);
    const { entries } = await batch;
    expect(entries.map(({ bufferWaitMs }) => bufferWaitMs)).toEqual([0, 25]);
    expect(entries.map(({ submittedAt }) => submittedAt - FAKE_EPOCH)).toEqual([0, 0]);
    expect(entries.map(({ completedAt }) => completedAt - FAKE_EPOCH)).toEqual([30, 5]);
  });
});
