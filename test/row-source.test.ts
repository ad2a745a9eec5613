import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkIterable, openSource, type RowIterable, type RowSource } from '../src/row-source.ts';
import { isSettled, turns } from './helpers/event-loop.ts';

async function readAll<Row>(source: RowSource<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let step = await source.next(); step.done !== true; step = await source.next()) rows.push(step.value);
  return rows;
}

function* generate<Row>(rows: readonly Row[]): Generator<Row> {
  yield* rows;
}

async function* generateAsync<Row>(rows: readonly Row[]): AsyncGenerator<Row> {
  await Promise.resolve();
  yield* rows;
}

/** Each kind of source that can give these rows. */
const KINDS: Record<string, (rows: readonly unknown[]) => RowIterable<unknown>> = {
  array: (rows) => [...rows],
  set: (rows) => new Set(rows),
  generator: generate,
  'async generator': generateAsync,
  'web stream': (rows) => ReadableStream.from(rows),
  'node stream': (rows) => Readable.from(rows),
};

/** An iterator that writes down what is asked of it. */
class Tracked {
  readonly asked: string[] = [];
  #next = 0;

  [Symbol.iterator](): Iterator<number> {
    this.asked.push('open');
    return {
      next: () => {
        this.asked.push('next');
        return { done: false, value: this.#next++ };
      },
      return: () => {
        this.asked.push('return');
        return { done: true, value: undefined };
      },
    };
  }
}

describe('openSource: reading', () => {
  test.each(Object.entries(KINDS))('%s: any rows come in order, then the end', async (_name, make) => {
    // objects are told apart by identity: every kind of source passes them on as they are
    const rows = fc.uniqueArray(fc.oneof(fc.integer(), fc.string(), fc.record({ a: fc.nat() })), {
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(rows, async (list) => {
        const read = await readAll(openSource(make(list)));
        expect(read).toEqual(list);
        expect(read.every((row, index) => row === list[index])).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test.each(['array', 'generator', 'async generator', 'web stream'])(
    '%s: undefined and null are rows',
    async (name) => {
      const rows = [undefined, null, false, 0, ''];
      expect(await readAll(openSource(KINDS[name]!(rows)))).toEqual(rows);
    },
  );

  test('a text is a source of its characters', async () => {
    expect(await readAll(openSource('añ😀'))).toEqual(['a', 'ñ', '😀']);
  });

  test('a function that is iterable is a source', async () => {
    const rows = Object.assign(() => 1, { [Symbol.iterator]: () => generate([1, 2]) });
    expect(await readAll(openSource(rows))).toEqual([1, 2]);
  });

  test('nothing is read before it is asked for, then one row at a time', () => {
    const rows = new Tracked();
    const source = openSource(rows);
    expect(rows.asked.includes('next')).toBe(false);
    expect(source.next()).toEqual({ done: false, value: 0 });
    expect(source.next()).toEqual({ done: false, value: 1 });
    expect(rows.asked.filter((what) => what === 'next')).toHaveLength(2);
  });

  test('a sync source gives its rows at once, not by a promise', () => {
    expect(openSource([7]).next()).toEqual({ done: false, value: 7 });
    expect(openSource(generate([])).next()).toEqual({ done: true, value: undefined });
  });

  test('a source that is both is read as an async one', async () => {
    const rows = {
      [Symbol.iterator]: () => generate(['sync']),
      [Symbol.asyncIterator]: () => generateAsync(['async']),
    };
    expect(await readAll(openSource<string>(rows))).toEqual(['async']);
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [5, '5'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [{}, '{}'],
    [() => 1, '[Function (anonymous)]'],
  ])('%o is refused with a sentence', (rows, shown) => {
    expect(() => openSource(rows as never)).toThrow(
      new TypeError(`Cannot read rows as they are not iterable: received ${shown}`),
    );
  });
});

describe('checkIterable', () => {
  test('takes what a for loop takes, and nothing else', () => {
    for (const rows of [[], new Set(), 'text', generate([])]) {
      expect(() => {
        checkIterable(rows);
      }).not.toThrow();
    }
    for (const rows of [generateAsync([]), {}, 5, null, undefined]) {
      expect(() => {
        checkIterable(rows);
      }).toThrow(/^Cannot read rows as they are not iterable: received /);
    }
  });
});

describe('openSource: errors', () => {
  const reason = new Error('disk');

  test('what a generator throws comes through', () => {
    const source = openSource(
      (function* () {
        yield 1;
        throw reason;
      })(),
    );
    expect(source.next()).toEqual({ done: false, value: 1 });
    expect(() => source.next()).toThrow(reason);
  });

  test.each<[string, () => RowIterable<unknown>]>([
    [
      'an async generator',
      async function* () {
        yield await Promise.resolve(1);
        throw reason;
      },
    ],
    [
      'a node stream',
      () =>
        Readable.from(
          (function* () {
            yield 1;
            throw reason;
          })(),
        ),
    ],
    [
      'a web stream',
      () => {
        let pulls = 0;
        return new ReadableStream(
          {
            pull: (controller) => {
              if (pulls++ === 0) controller.enqueue(1);
              else controller.error(reason);
            },
          },
          { highWaterMark: 0 },
        );
      },
    ],
  ])('what %s fails with comes after the rows before it', async (_name, make) => {
    const source = openSource(make());
    expect(await source.next()).toEqual({ done: false, value: 1 });
    await expect(source.next()).rejects.toBe(reason);
  });
});

describe('openSource: steps that are no objects', () => {
  const NO_STEPS = [
    [5, '5'],
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', "'text'"],
    [true, 'true'],
  ] as const;

  test.each(NO_STEPS)('%o of a sync iterator is refused, as by a loop', (step, shown) => {
    const rows = { [Symbol.iterator]: () => ({ next: () => step }) };
    const source = openSource(rows as never);
    expect(() => source.next()).toThrow(new TypeError(`Iterator result ${shown} is not an object`));
  });

  test.each(NO_STEPS)(
    '%o of an async iterator is refused, with a promise or without',
    async (step, shown) => {
      const error = new TypeError(`Iterator result ${shown} is not an object`);
      for (const given of [step, Promise.resolve(step)]) {
        const rows = { [Symbol.asyncIterator]: () => ({ next: () => given }) };
        await expect(openSource(rows as never).next()).rejects.toThrow(error);
      }
    },
  );

  test('a function is an object', () => {
    const step = Object.assign(() => 1, { done: false, value: 7 });
    const rows = { [Symbol.iterator]: () => ({ next: () => step }) };
    expect(openSource(rows as never).next()).toBe(step);
  });
});

describe('openSource: close', () => {
  test('an iterator is told to return; one that can not be is left alone', async () => {
    const rows = new Tracked();
    const source = openSource(rows);
    void source.next();
    await source.close();
    expect(rows.asked).toEqual(['open', 'next', 'return']);
    const { next } = [1][Symbol.iterator]();
    await openSource({ [Symbol.iterator]: () => ({ next }) }).close();
  });

  test('a generator runs its finally block', async () => {
    const ended: string[] = [];
    const source = openSource(
      (function* () {
        try {
          yield 1;
        } finally {
          ended.push('sync');
        }
      })(),
    );
    void source.next();
    await source.close();
    expect(ended).toEqual(['sync']);
  });

  /** Opens what `make` gives, which can close it. */
  function openOwn(make: (close: () => void | Promise<void>) => RowIterable<number>): RowSource<number> {
    const source: RowSource<number> = openSource(make(() => source.close()));
    return source;
  }

  test('a generator that closes its own source ends when it has given the row that it was asked for', async () => {
    const ended: string[] = [];
    const source = openOwn(function* (close) {
      try {
        yield 1;
        void close();
        yield 2;
      } finally {
        ended.push('sync');
      }
    });
    expect(source.next()).toEqual({ done: false, value: 1 });
    expect(source.next()).toEqual({ done: false, value: 2 });
    expect(ended).toEqual(['sync']);
    await source.close();
  });

  test('an iterator that closes its own source in its last step is not told to return', () => {
    const asked: string[] = [];
    const source = openOwn((close) => ({
      [Symbol.iterator]: () => ({
        next: () => {
          void close();
          return { done: true, value: undefined } as const;
        },
        return: () => {
          asked.push('return');
          return { done: true, value: undefined } as const;
        },
      }),
    }));
    expect(source.next()).toEqual({ done: true, value: undefined });
    expect(asked).toEqual([]);
  });

  test('a generator that closes its own source and throws: what it throws comes through', () => {
    const reason = new Error('no');
    // eslint-disable-next-line require-yield
    const source = openOwn(function* (close) {
      void close();
      throw reason;
    });
    expect(() => source.next()).toThrow(reason);
  });

  test('I10 an async generator that closes its own source before it waits does not hold up close', async () => {
    const closes: Promise<void>[] = [];
    const source = openOwn(async function* (close) {
      closes.push(Promise.resolve(close()));
      yield await new Promise<never>(() => undefined);
    });
    void source.next();
    expect(await isSettled(closes[0]!)).toBe(true);
  });

  test('an async generator has run its finally block when close resolves', async () => {
    const ended: string[] = [];
    const source = openSource(
      (async function* () {
        try {
          yield await Promise.resolve(1);
        } finally {
          await Promise.resolve();
          ended.push('async');
        }
      })(),
    );
    await source.next();
    await source.close();
    expect(ended).toEqual(['async']);
  });

  test('I10 an async generator that waits for ever does not hold up close', async () => {
    const source = openSource(
      (async function* () {
        yield await new Promise<never>(() => undefined);
      })(),
    );
    void source.next();
    expect(await isSettled(Promise.resolve(source.close()))).toBe(true);
  });

  test('a later failure of return, after close went ahead without it, is nobody`s', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const step = Promise.withResolvers<IteratorResult<number>>();
    const closing = Promise.withResolvers<IteratorResult<number>>();
    const source = openSource<number>({
      [Symbol.asyncIterator]: () => ({ next: () => step.promise, return: () => closing.promise }),
    });
    void source.next();
    await source.close();
    closing.reject(new Error('too late'));
    step.resolve({ done: true, value: undefined });
    await turns();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('what return fails with comes through when nothing is pending', async () => {
    const reason = new Error('can not close');
    const source = openSource<number>({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => Promise.reject(reason),
      }),
    });
    await source.next();
    await expect(source.close()).rejects.toBe(reason);
  });

  test('close waits for return again when a read has thrown at once', async () => {
    const reason = new Error('no');
    const ended: string[] = [];
    const source = openSource<number>({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw reason;
        },
        return: async () => {
          await Promise.resolve();
          ended.push('returned');
          return { done: true, value: undefined };
        },
      }),
    });
    await expect((async () => source.next())()).rejects.toBe(reason);
    await source.close();
    expect(ended).toEqual(['returned']);
  });

  test('an async iterator without return is left alone', async () => {
    let reads = 0;
    const source = openSource<number>({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          reads++;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    });
    await expect(source.close()).resolves.toBeUndefined();
    expect(reads).toBe(0);
  });

  test('a node stream is destroyed, before and while it is read', async () => {
    const unread = Readable.from([1, 2]);
    await openSource(unread).close();
    expect(unread.destroyed).toBe(true);

    const stalled = new Readable({ objectMode: true, read: () => undefined });
    const source = openSource<unknown>(stalled);
    const pending = Promise.resolve(source.next()).catch(() => 'ended');
    await source.close();
    expect(stalled.destroyed).toBe(true);
    await pending; // settles, one way or the other
  });

  test('a web stream is cancelled, before and while it is read', async () => {
    const cancelled: string[] = [];
    const streamOf = (name: string) =>
      new ReadableStream({
        cancel: () => {
          cancelled.push(name);
        },
      });
    await openSource(streamOf('unread')).close();
    const source = openSource(streamOf('stalled'));
    const pending = source.next();
    await source.close();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(cancelled).toEqual(['unread', 'stalled']);
  });
});
