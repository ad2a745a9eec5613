import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { RowSource } from '../src/row-source.ts';
import { SourcePuller, type SourcePullerParts } from '../src/source-puller.ts';
import { turns } from './helpers/event-loop.ts';
import { FakeClock } from './helpers/fake-clock.ts';
import { range } from './helpers/rows.ts';
import { textRowsOf } from './helpers/text-rows.ts';

/** Rows that are at hand, then the end. */
function sourceOf(
  rows: readonly unknown[],
  close = () => undefined as void | Promise<void>,
): RowSource<unknown> {
  const iterator = rows[Symbol.iterator]();
  return { next: () => iterator.next(), close };
}

describe('SourcePuller', () => {
  let window: number;
  let admitted: unknown[];
  let taken: number;
  const close = vi.fn();
  const onError = vi.fn();

  beforeEach(() => {
    window = 4;
    admitted = [];
    taken = 0;
    vi.clearAllMocks();
  });

  function pullerOf(source: RowSource<unknown>, parts: Partial<SourcePullerParts> = {}): SourcePuller {
    return new SourcePuller({
      source,
      clock: new FakeClock(),
      window: () => window,
      pending: () => admitted.length - taken,
      admit: (row) => admitted.push(row),
      admitTexts: (rows) => admitted.push(...rows.list()),
      close,
      onError,
      ...parts,
    });
  }

  test('pulls while the window has room, and on when there is room again', () => {
    const puller = pullerOf(sourceOf(range(6)));
    puller.pull(false);
    expect(admitted).toEqual(range(4));
    taken = 1;
    puller.pull(false);
    expect([admitted, puller.readToEnd, close.mock.calls.length]).toEqual([range(5), false, 0]);
    taken = 3;
    puller.pull(false);
    expect([admitted, puller.readToEnd, close.mock.calls.length]).toEqual([range(6), true, 1]);
  });

  test('while the consumer is busy, not for less than a 64th of the window', () => {
    window = 128;
    const puller = pullerOf(sourceOf(range(1_000)));
    puller.pull(true);
    taken = 1;
    puller.pull(true);
    expect(admitted).toHaveLength(128);
    taken = 2;
    puller.pull(true);
    expect(admitted).toHaveLength(130);
    taken = 3;
    puller.pull(false);
    expect(admitted).toHaveLength(131);
  });

  test('asks for one row at a time', async () => {
    const row = Promise.withResolvers<IteratorResult<unknown>>();
    const next = vi.fn(() => row.promise);
    const puller = pullerOf({ next, close: () => undefined });
    puller.pull(false);
    puller.pull(false);
    expect(next).toHaveBeenCalledOnce();
    row.resolve({ done: true, value: undefined });
    await turns();
    expect(puller.readToEnd).toBe(true);
  });

  test('lets the event loop go on after 5 ms', async () => {
    window = 100;
    const clock = new FakeClock();
    let now = 0;
    vi.spyOn(clock, 'now').mockImplementation(() => now);
    const admit = (row: unknown) => {
      now += 0.25;
      admitted.push(row);
    };
    pullerOf(sourceOf(range(100)), { clock, admit }).pull(false);
    expect(admitted).toHaveLength(32);
    await turns();
    expect(admitted).toHaveLength(100);
  });

  test('of texts that come together only as many as there is room for', () => {
    const texts = range(10).map(String);
    const groups: string[][] = [];
    const admitTexts: SourcePullerParts['admitTexts'] = (rows) => {
      groups.push(rows.list());
      admitted.push(...rows.list());
    };
    const puller = pullerOf(sourceOf([textRowsOf(texts)]), { admitTexts });
    for (taken = 0; taken < 10; taken += 4) puller.pull(false);
    expect(groups).toEqual([texts.slice(0, 4), texts.slice(4, 8), texts.slice(8)]);
  });

  test('texts come between other rows, and none of them may be there', () => {
    const puller = pullerOf(sourceOf([textRowsOf(['a', 'b']), textRowsOf([]), 'c']));
    puller.pull(false);
    expect([admitted, puller.readToEnd]).toEqual([['a', 'b', 'c'], true]);
  });

  describe('end', () => {
    test('closes the source, once; what it gives then is not admitted', async () => {
      const row = Promise.withResolvers<IteratorResult<unknown>>();
      const closeSource = vi.fn();
      const puller = pullerOf({ next: () => row.promise, close: closeSource });
      puller.pull(false);
      await puller.end();
      await puller.end();
      row.resolve({ done: false, value: 1 });
      await turns();
      puller.pull(false);
      expect([admitted, puller.readToEnd]).toEqual([[], false]);
      expect([closeSource.mock.calls.length, close.mock.calls.length]).toEqual([1, 1]);
    });

    test('texts that had no room are dropped', async () => {
      window = 1;
      const puller = pullerOf(sourceOf([textRowsOf(['a', 'b'])]));
      puller.pull(false);
      await puller.end();
      taken = 1;
      puller.pull(false);
      expect(admitted).toEqual(['a']);
    });

    test('a source that can not be closed is an error', async () => {
      const reason = new Error('stuck');
      await pullerOf(sourceOf([], () => Promise.reject(reason))).end();
      expect(onError).toHaveBeenCalledExactlyOnceWith(reason);
    });

    test('after the source has ended it is not closed', async () => {
      const closeSource = vi.fn();
      const puller = pullerOf(sourceOf([], closeSource));
      puller.pull(false);
      await puller.end();
      expect(closeSource).not.toHaveBeenCalled();
    });
  });

  test('an error of the source ends it, after the rows before', async () => {
    const reason = new Error('broken');
    const source = (function* () {
      yield 1;
      throw reason;
    })();
    const puller = pullerOf({ next: () => source.next(), close: () => undefined });
    puller.pull(false);
    await turns();
    puller.pull(false);
    expect([admitted, puller.readToEnd]).toEqual([[1], false]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(reason);
    expect(close).toHaveBeenCalledOnce();
  });
});
