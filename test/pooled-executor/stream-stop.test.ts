import { PassThrough, Readable } from 'node:stream';
import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type EntryStream } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { recordsOf } from '../helpers/trails.ts';
import {
  makeDelayedTransform,
  makeFailingTransform,
  makeTrackedTransform,
  refuse,
} from '../helpers/transforms.ts';

interface Watched<Rows> {
  readonly rows: Rows;
  readonly closed: () => boolean;
}

function endless(): Watched<Generator<number>> {
  let closed = false;
  const rows = (function* () {
    try {
      for (let row = 0; ; row++) yield row;
    } finally {
      closed = true;
    }
  })();
  return { rows, closed: () => closed };
}

function* brokenAfter(rows: number): Generator<number> {
  yield* range(rows);
  throw new Error('source broke');
}

interface Stop {
  readonly stream: (rows: Iterable<number>) => EntryStream<unknown>;
  readonly shutdown: () => Promise<void>;
}

function endlessAsync(): Watched<AsyncGenerator<number>> {
  let closed = false;
  const rows = (async function* () {
    try {
      for (let row = 0; ; row++) yield row;
    } finally {
      closed = true;
    }
  })();
  return { rows, closed: () => closed };
}

function endlessNode(): Watched<Readable> {
  const rows = Readable.from(endless().rows, { highWaterMark: 1 });
  return { rows, closed: () => rows.destroyed };
}

function endlessWeb(): Watched<ReadableStream<number>> {
  let closed = false;
  let row = 0;
  const rows = new ReadableStream<number>({
    pull: (controller) => controller.enqueue(row++),
    cancel: () => {
      closed = true;
    },
  });
  return { rows, closed: () => closed };
}

const ENDLESS: [name: string, make: () => Watched<Iterable<number> | AsyncIterable<number>>][] = [
  ['generator', endless],
  ['async generator', endlessAsync],
  ['Node stream', endlessNode],
  ['web stream', endlessWeb],
];

describe('stream: a consumer that stops early closes the source and leaves nothing held', () => {
  test.for(ENDLESS)('break, %s', async ([, make], { createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const { rows, closed } = make();
    for await (const { submitIndex } of executor.stream(rows, { window: 8 })) if (submitIndex === 3) break;
    expect(closed()).toBe(true);
    expect(executor.pendingCount).toBe(0);
    expect(executor.availablePermits).toBe(2);
  });

  test.for(ENDLESS)('an error of the consumer, %s', async ([, make], { createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const { rows, closed } = make();
    const error = new Error('consumer');
    await expect(
      (async () => {
        for await (const _entry of executor.stream(rows, { window: 8 })) throw error;
      })(),
    ).rejects.toBe(error);
    expect(closed()).toBe(true);
    expect(executor.pendingCount).toBe(0);
  });

  test('return resolves when the rows that run have ended, and twice', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 1 });
    const { rows, closed } = endless();
    const stream = executor.stream(rows, { window: 4 });
    const first = stream.next();
    await delayed.started(1);
    const returned = stream.return();
    expect(closed()).toBe(true);
    expect(await isSettled(returned)).toBe(false);
    delayed.release(0, 1);
    expect(await returned).toEqual({ done: true, value: undefined });
    expect((await first).done).toBe(true); // the pending read ends too
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    expect((await stream.next()).done).toBe(true);
    expect(delayed.log).toHaveLength(2);
  });

  test('throw rejects with its error, when all is free', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const { rows, closed } = endless();
    const stream = executor.stream(rows, { window: 4 });
    await stream.next();
    const error = new Error('thrown in');
    await expect(stream.throw(error)).rejects.toBe(error);
    expect(closed()).toBe(true);
    expect(executor.pendingCount).toBe(0);
    expect((await stream.next()).done).toBe(true);
  });

  test('after all rows are done, with entries left: nothing is held, and shutdown resolves', async ({
    createExecutor,
  }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const stream = executor.stream([0, 1, 2], { window: 3 });
    await stream.next();
    await turns();
    expect(stream.stats.successes).toBe(3);
    await stream.return();
    expect(executor.pendingCount).toBe(0);
    expect(await isSettled(executor.shutdown())).toBe(true);
  });

  test('the record of the end says that not all rows of the source were taken, and nothing where they were', async ({
    createExecutor,
  }) => {
    const { transform } = makeTrackedTransform<number>();
    const sourceEndedAfter = async (use: (stop: Stop) => Promise<unknown>): Promise<unknown> => {
      const audit = new MemoryAuditTrail();
      const executor = createExecutor({ transform, poolSize: 2, audit }, { stopped: true });
      await use({
        stream: (rows) => executor.stream(rows, { window: 2 }),
        shutdown: () => executor.shutdown(),
      });
      await executor.shutdown();
      const [end] = recordsOf(audit, 'batch-end');
      return end!.sourceEnded;
    };
    expect(await sourceEndedAfter(({ stream }) => collect(stream([0, 1, 2])))).toBeUndefined();
    expect(
      await sourceEndedAfter(async ({ stream }) => {
        const entries = stream(endless().rows);
        await entries.next();
        await entries.return();
      }),
    ).toBe(false);
    const stoppedAfter = (taken: number) =>
      sourceEndedAfter(async ({ stream }) => {
        const entries = stream([0, 1]);
        for (let count = 0; count < taken; count++) await entries.next();
        await turns(); // the window has room for all rows and the end
        await entries.return();
      });
    expect([await stoppedAfter(1), await stoppedAfter(2)]).toEqual([false, undefined]);
    expect(
      await sourceEndedAfter(async ({ stream, shutdown }) => {
        const entries = stream(endless().rows);
        await entries.next();
        await Promise.all([shutdown(), collect(entries)]);
      }),
    ).toBe(false);
    expect(
      await sourceEndedAfter(({ stream }) =>
        expect(collect(stream(brokenAfter(3)))).rejects.toThrow('source broke'),
      ),
    ).toBe(false);
  });

  test('return before the first read closes the source without pulling', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    let pulled = 0;
    let returned = 0;
    const rows: Iterable<number> = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: pulled++ }),
        return: () => ({ done: true, value: returned++ }),
      }),
    };
    const stream = executor.stream(rows);
    await stream.return();
    expect([pulled, returned]).toEqual([0, 1]);
    expect((await stream.next()).done).toBe(true);
  });

  test('rows in backoff end at once, and no timer is left', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform, log } = makeFailingTransform(refuse([1, 2, 3], Infinity));
    const executor = createExecutor({ transform, poolSize: 2 }, { clock });
    const stream = executor.stream(endless().rows, { window: 4 });
    await stream.next();
    await turns();
    expect(clock.timers).toBe(1);
    await stream.return();
    expect(clock.timers).toBe(0);
    const attempts = log.length;
    await clock.advance(100_000);
    expect(log).toHaveLength(attempts);
  });

  test('in threads: rows of a slice that have not started never do', async ({ createExecutor }) => {
    const stage = new Stage();
    stage.open(0);
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 1,
      sliceSize: 10,
      workerData: { stage: stage.buffer },
    });
    const stream = executor.stream(range(100), { window: 50 });
    const reading = stream.next();
    await stage.started(1);
    const returned = stream.return();
    stage.openAll();
    await returned;
    await reading;
    expect(stage.starts).toEqual([0, 1]);
  });
});

describe('stream: stopping while the next row of the source is pending', () => {
  test('async generator: return does not wait for it, and the source ends when it comes to', async ({
    createExecutor,
  }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const never = Promise.withResolvers<number>();
    let closed = false;
    const source = async function* () {
      try {
        yield 0;
        yield await never.promise;
      } finally {
        closed = true;
      }
    };
    const stream = executor.stream(source(), { window: 4 });
    await stream.next();
    await turns();
    await stream.return();
    expect(executor.pendingCount).toBe(0);
    expect(closed).toBe(false);
    never.resolve(1);
    await turns();
    expect(closed).toBe(true);
    expect(executor.getStats().poolStats.submitted).toBe(1); // what came too late was not taken in
  });

  test('Node stream: destroyed', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const source = new PassThrough({ objectMode: true });
    source.write(0);
    const stream = executor.stream(source as AsyncIterable<number>, { window: 4 });
    await stream.next();
    await turns();
    await stream.return();
    expect(source.destroyed).toBe(true);
  });

  test('web stream: cancelled', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    let cancelled = false;
    const source = new ReadableStream<number>({
      start: (controller) => controller.enqueue(0),
      cancel: () => {
        cancelled = true;
      },
    });
    const stream = executor.stream(source, { window: 4 });
    await stream.next();
    await turns();
    await stream.return();
    expect(cancelled).toBe(true);
  });

  test('a reader that waits meanwhile is told the end', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const source = new PassThrough({ objectMode: true });
    const stream = executor.stream(source as AsyncIterable<number>);
    const reading = stream.next();
    await turns();
    await stream.return();
    expect((await reading).done).toBe(true);
  });

  test('shutdown: the stream ends and the source is closed', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const source = new PassThrough({ objectMode: true });
    const reading = collect(executor.stream(source as AsyncIterable<number>));
    await turns();
    await executor.shutdown();
    expect(await reading).toEqual([]);
    expect(source.destroyed).toBe(true);
  });
});

describe('stream: a generator that stops its own stream', () => {
  interface Stops {
    readonly 'by return': () => void;
    readonly 'by its signal': () => void;
    readonly 'by a shutdown': () => void;
  }
  const CASES: readonly [keyof Stops, readonly unknown[]][] = [
    ['by return', []],
    ['by its signal', ['aborted', 'aborted']],
    ['by a shutdown', [0, 1]],
  ];

  test.for(CASES)('%s: it is closed, and nothing is thrown', async ([name, expected], { createExecutor }) => {
    const aborter = new AbortController();
    const executor = createExecutor<number, number>({ transform: (row) => row, poolSize: 1 });
    const closed: string[] = [];
    const stops: Stops = {
      'by return': () => void stream.return(),
      'by its signal': () => aborter.abort(),
      'by a shutdown': () => void executor.shutdown(),
    };
    const rows = function* () {
      try {
        yield 0;
        yield 1;
        stops[name]();
        yield 2;
      } finally {
        closed.push('closed');
      }
    };
    const stream: EntryStream<unknown> = executor.stream(rows(), { signal: aborter.signal, window: 3 });
    const entries = await collect(stream);
    const ends = entries.map(({ result }) =>
      result.status === 'success' ? result.value : result.error.code,
    );
    expect(ends).toEqual(expected);
    expect(closed).toEqual(['closed']);
  });
});

describe('stream: a source that throws when it is closed', () => {
  test('return passes the work on all the same and leaves nothing held', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const rows: Iterable<number> = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 1 }),
        return: () => {
          throw new Error('close failed');
        },
      }),
    };
    const stream = executor.stream(rows, { window: 4 });
    await stream.next();
    await stream.return();
    expect(executor.pendingCount).toBe(0);
  });
});

describe('stream: composition', () => {
  test('a stream feeds the stream of another executor, which stops it when it stops', async ({
    createExecutor,
  }) => {
    const { rows, closed } = endless();
    const first = createExecutor({
      transform: (row: number) => (typeof row === 'number' ? row + 1 : row),
      poolSize: 2,
    });
    const second = createExecutor({
      transform: (row: number) => (typeof row === 'number' ? row * 2 : row),
      poolSize: 2,
    });
    const outputs = async function* () {
      for await (const { result } of first.stream(rows, { window: 4 }))
        if (result.status === 'success') yield result.value;
    };
    const taken: unknown[] = [];
    for await (const { result } of second.stream(outputs(), { window: 3 })) {
      taken.push(result.status === 'success' ? result.value : result);
      if (taken.length === 10) break;
    }
    expect(taken).toEqual(range(10).map((row) => (row + 1) * 2));
    await turns();
    expect(closed()).toBe(true);
    expect(first.pendingCount).toBe(0);
  });

  test('entries of a stream are rows of another', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const first = createExecutor({ transform, poolSize: 2 });
    const second = createExecutor({ transform: makeTrackedTransform<object>().transform, poolSize: 2 });
    const entries = await collect(second.stream(first.stream(range(20))));
    expect(outputsOf(entries)).toMatchObject(range(20).map((rowIndex) => ({ rowIndex, attempts: 1 })));
  });
});
