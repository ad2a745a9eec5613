import { Readable } from 'node:stream';
import { describe, expect } from 'vitest';
import { turns } from '../helpers/event-loop.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, outputsOf, range } from '../helpers/rows.ts';
import { makeTrackedTransform } from '../helpers/transforms.ts';

type Source = Iterable<number> | AsyncIterable<number>;

function* generate(count: number): Generator<number> {
  yield* range(count);
}

async function* generateAsync(count: number): AsyncGenerator<number> {
  for (const row of range(count)) {
    await Promise.resolve();
    yield row;
  }
}

function webStream(count: number): ReadableStream<number> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < count) controller.enqueue(next++);
      else controller.close();
    },
  });
}

/** An iterable with nothing but the bare protocol: neither return nor throw. */
function bare(count: number): Iterable<number> {
  return {
    [Symbol.iterator]: () => {
      let next = 0;
      return {
        next: () => (next < count ? { done: false, value: next++ } : { done: true, value: undefined }),
      };
    },
  };
}

const SOURCES: [name: string, make: (count: number) => Source][] = [
  ['array', range],
  ['Set', (count) => new Set(range(count))],
  ['typed array', (count) => Int32Array.from(range(count))],
  ['generator', generate],
  ['async generator', generateAsync],
  ['Node stream in object mode', (count) => Readable.from(range(count))],
  ['web ReadableStream', webStream],
  ['bare iterable', bare],
];

describe('stream: every kind of source', () => {
  test.for(SOURCES)('%s: all rows, in order, and the end', async ([, make], { createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    for (const count of [0, 1, 100]) {
      const stream = executor.stream(make(count));
      const entries = await collect(stream);
      expect(outputsOf(entries)).toEqual(range(count));
      expect(entries.map(({ rowIndex }) => rowIndex)).toEqual(range(count));
      expect(entries.map(({ stateId }) => stateId)).toEqual(range(count).map((row) => `row-${row}`));
      expect(stream.stats).toMatchObject({ submitted: count, successes: count, attempts: count });
      expect((await stream.next()).done).toBe(true);
    }
  });

  test.for(SOURCES)('%s: read with a window of 1', async ([, make], { createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    expect(outputsOf(await collect(executor.stream(make(5), { window: 1 })))).toEqual(range(5));
  });

  test('nothing is pulled before the first entry is asked for', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    let pulled = 0;
    const source = function* () {
      for (const row of range(3)) {
        pulled++;
        yield row;
      }
    };
    const stream = executor.stream(source());
    await turns();
    expect(pulled).toBe(0);
    expect(executor.pendingCount).toBe(0);
    await collect(stream);
    expect(pulled).toBe(3);
  });

  test('what is no source is refused at once', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    expect(() => executor.stream(5 as unknown as number[])).toThrow(TypeError);
    expect(() => executor.stream({} as unknown as number[])).toThrow(/not iterable/);
    expect(executor.availablePermits).toBe(2);
  });
});

const FAILING: [name: string, make: (count: number, error: unknown) => Source][] = [
  [
    'generator',
    function* (count, error) {
      yield* range(count);
      throw error;
    },
  ],
  [
    'async generator',
    async function* (count, error) {
      yield* generateAsync(count);
      throw error;
    },
  ],
  [
    'Node stream',
    (count, error) => {
      let next = 0;
      return new Readable({
        objectMode: true,
        highWaterMark: 1,
        read() {
          if (next < count) this.push(next++);
          else this.destroy(error as Error);
        },
      });
    },
  ],
  [
    'web stream',
    (count, error) => {
      let next = 0;
      return new ReadableStream<number>(
        {
          pull(controller) {
            if (next < count) controller.enqueue(next++);
            else controller.error(error);
          },
        },
        { highWaterMark: 0 },
      );
    },
  ],
];

describe('stream: a source that throws', () => {
  test.for(FAILING)(
    '%s: its error comes once, after the entries before it, then the end',
    async ([, make], { createExecutor }) => {
      const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
      const error = new Error('source broke');
      const stream = executor.stream(make(5, error), { window: 3 });
      const rows: unknown[] = [];
      await expect(
        (async () => {
          for await (const { submitIndex } of stream) rows.push(submitIndex);
        })(),
      ).rejects.toBe(error);
      expect(rows).toEqual(range(5));
      expect((await stream.next()).done).toBe(true);
      expect(stream.stats).toMatchObject({ submitted: 5, successes: 5 });
    },
  );

  test('at the first row: the error alone', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    const error = new Error('source broke');
    const source: Iterable<number> = {
      [Symbol.iterator]: () => ({
        next: () => {
          throw error;
        },
      }),
    };
    await expect(collect(executor.stream(source))).rejects.toBe(error);
  });

  test('with null: null comes out', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    const source = function* (): Generator<number> {
      yield 1;
      throw null;
    };
    await expect(collect(executor.stream(source()))).rejects.toBe(null);
  });

  test.for(['iterator', 'asyncIterator'] as const)(
    'an %s that gives no step: a TypeError, after the entries before it',
    async (kind, { createExecutor }) => {
      const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
      const steps = [{ done: false, value: 1 }, 5];
      const source = { [Symbol[kind]]: () => ({ next: () => steps.shift() }) };
      const stream = executor.stream(source as unknown as Source);
      expect((await stream.next()).value?.result).toEqual({ status: 'success', value: 1 });
      await expect(stream.next()).rejects.toThrow(new TypeError('Iterator result 5 is not an object'));
      expect((await stream.next()).done).toBe(true);
    },
  );

  test('when it is opened: stream throws, nothing is left', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    const source: Iterable<number> = {
      [Symbol.iterator]: () => {
        throw new Error('can not be opened');
      },
    };
    expect(() => executor.stream(source)).toThrow('can not be opened');
  });
});
