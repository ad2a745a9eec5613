import { AsyncLocalStorage } from 'node:async_hooks';
import { stat } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { RowOrigin } from '../../workers/row-origin.ts';
import { fromTimer } from '../helpers/event-loop.ts';

const MANY = 200;
const old = Promise.resolve();

/** Ways to have something done later. */
const WAYS: Readonly<Record<string, (later: () => void) => void>> = {
  'a timer': fromTimer,
  'process.nextTick': (later) => {
    process.nextTick(later);
  },
  queueMicrotask: (later) => {
    queueMicrotask(later);
  },
  'then of a promise that was there before': (later) => void old.then(later),
  'an async function': (later) =>
    void (async () => {
      await old;
      later();
    })(),
  'a callback of fs': (later) => {
    stat('.', later);
  },
  'a message': (later) => {
    const { port1, port2 } = new MessageChannel();
    port2.once('message', () => {
      port2.close();
      later();
    });
    port1.postMessage('now');
  },
};

/** Enters so many rows that start nothing, from a number on. */
function enterRows(origin: RowOrigin<number>, from: number): void {
  for (let row = from; row < from + MANY; row++) {
    origin.enter(row);
    expect(origin.current).toBe(row);
  }
}

test.for(Object.entries(WAYS))(
  'what a row starts by %s is known as that row`s, among many rows that start nothing',
  async ([, way]) => {
    const origin = new RowOrigin<number>();
    const seen: (readonly [number, number | undefined])[] = [];
    const done: Promise<void>[] = [];
    for (let round = 0; round < 20; round++) {
      const starter = round * (MANY + 1);
      origin.enter(starter);
      const { promise, resolve } = Promise.withResolvers<void>();
      done.push(promise);
      way(() => {
        seen.push([starter, origin.current]);
        resolve();
      });
      enterRows(origin, starter + 1);
    }
    await Promise.all(done);
    expect(seen).toHaveLength(20);
    for (const [starter, current] of seen) expect(current).toBe(starter);
  },
);

test('what a row has kept to be called later is known as that row`s', () => {
  const origin = new RowOrigin<number>();
  enterRows(origin, 0);
  origin.enter(1_000);
  const later = AsyncLocalStorage.snapshot() as <Value>(fn: () => Value) => Value;
  enterRows(origin, 2_000);
  expect(later(() => origin.current)).toBe(1_000);
});

test('a row that has returned a promise from before keeps its mark while others begin', async () => {
  const origin = new RowOrigin<number>();
  const gate = Promise.withResolvers<void>();
  enterRows(origin, 0);
  origin.enter(1_000);
  origin.onPromise();
  const current = gate.promise.then(() => origin.current);
  enterRows(origin, 2_000);
  gate.resolve();
  expect(await current).toBe(1_000);
});

test('rows that start nothing share a mark, and rows that start something each have their own', () => {
  const enterWith = vi.spyOn(AsyncLocalStorage.prototype, 'enterWith');
  const marksFor = (rows: number, startsSomething: boolean) => {
    enterWith.mockClear();
    for (let row = 0; row < rows; row++) {
      origin.enter(row);
      if (startsSomething) queueMicrotask(() => undefined);
    }
    return enterWith.mock.calls.length;
  };
  let origin = new RowOrigin<number>();
  try {
    expect(marksFor(1_000, false)).toBeLessThan(40);
    expect(marksFor(1_000, false)).toBeLessThan(2);
    expect(marksFor(1_000, true)).toBeGreaterThan(998);
    expect(marksFor(1_000, false), 'as it has stopped to look out').toBe(1_000);
    origin = new RowOrigin<number>();
    marksFor(100, false);
    origin.onPromise();
    expect(marksFor(1_000, false), 'as rows return promises').toBe(1_000);
  } finally {
    enterWith.mockRestore();
  }
});
