import { markAsUntransferable } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { decodeList, largeBuffersIn, movedIn } from '../../src/core/codec.ts';
import { LARGE_BYTES } from '../../src/core/large-bytes.ts';
import { isLarge, isWhole, move, Moved, takeOver } from '../../src/core/moved.ts';
import { TransformResult } from '../../src/core/transform-result.ts';
import { joinSnapshots, Snapshots, Uncloneable } from '../../src/core/snapshot.ts';

const snapshotOf = (row: unknown) => new Snapshots(false).take(row, 0);

class Image {
  readonly pixels = new Uint8Array(8);
}

describe('move', () => {
  test('gives back the value, on which nothing can be seen', () => {
    const row = { bytes: new Uint8Array(8) };
    expect(move(row)).toBe(row);
    expect(Object.keys(row)).toEqual(['bytes']);
    expect(row.bytes).toHaveLength(8);
    expect(JSON.stringify(row)).toBe('{"bytes":{"0":0,"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0}}');
  });

  test.each([1, 'text', null, undefined, true])('refuses %j', (value) => {
    expect(() => move(value as never)).toThrow(
      new TypeError(`Cannot move ${String(value)}: only objects have memory that can be handed over`),
    );
  });

  test.each([Object.freeze, Object.seal, Object.preventExtensions])(
    'refuses what it can not mark',
    (close) => {
      expect(() => move(close({ bytes: new Uint8Array(8) }))).toThrow(
        'Cannot move an object that is frozen or sealed: move a copy of it, as move({ ...object })',
      );
    },
  );
});

describe('move: refuses', () => {
  test.each([
    [
      [new Uint8Array(8)],
      "Cannot move [object Uint8Array]: only ArrayBuffers are handed over; name the array's `buffer`",
    ],
    [[new SharedArrayBuffer(8)], 'Cannot move [object SharedArrayBuffer]: only ArrayBuffers are handed over'],
    [[{}], 'Cannot move [object Object]: only ArrayBuffers are handed over'],
    [[5], 'Cannot move 5: only ArrayBuffers are handed over'],
    [[undefined], 'Cannot move undefined: only ArrayBuffers are handed over'],
    [new ArrayBuffer(8), 'Cannot move: what is handed over must be a list of ArrayBuffers'],
  ])('%o as a list of buffers', (buffers, message) => {
    expect(() => move({}, buffers as never)).toThrow(new TypeError(message));
  });

  test('what the output is in, instead of the output', () => {
    expect(() => move(TransformResult.success(new Uint8Array(8)))).toThrow(
      'Cannot move a TransformResult: move its value, as TransformResult.success(move(value))',
    );
    expect(() => move(Promise.resolve(new Uint8Array(8)))).toThrow(
      'Cannot move a promise: move what it resolves to',
    );
  });
});

describe('takeOver', () => {
  test.each([
    ['a typed array', () => new Float32Array(4).fill(2)],
    ['a Buffer', () => Buffer.from(new ArrayBuffer(8)).fill(1)],
    ['an array of a class', () => Reflect.construct(Uint8Array, [8], class extends Uint8Array {}) as object],
    ['a DataView', () => new DataView(new ArrayBuffer(8))],
    ['a buffer', () => new ArrayBuffer(8)],
    ['a buffer that can grow', () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }))],
    ['an object', () => ({ a: 1, bytes: new Uint8Array(8), deep: [{ more: new Int8Array(4) }] })],
    ['an object of a class', () => new Image()],
    [
      'a map and a set',
      () =>
        new Map<unknown, unknown>([
          [1, new Uint8Array(8)],
          [new Set([new Int8Array(2)]), 2],
        ]),
    ],
  ])('%s: as structured clone, without a copy', (_, make) => {
    const value = make();
    const taken = takeOver(move<object>(value));
    expect(taken?.value).toStrictEqual(structuredClone(make()));
    expect(buffersOf(value).every(({ detached }) => detached)).toBe(true);
    expect(new Set(taken?.buffers)).toEqual(new Set(buffersOf(taken?.value)));
  });

  test('an array that is a part of its buffer is copied: others may have the rest', () => {
    const whole = new Uint8Array(16).fill(1);
    const taken = takeOver(move({ part: whole.subarray(4, 8), own: new Uint8Array(2) }));
    expect(whole).toHaveLength(16);
    expect(taken).toMatchObject({ value: { part: new Uint8Array(4).fill(1) }, buffers: [{ byteLength: 2 }] });
  });

  test('unless its buffer is named', () => {
    const whole = new Uint8Array(16).fill(1);
    const part = whole.subarray(4, 8);
    expect(takeOver(move(part, [whole.buffer]))?.value).toEqual(new Uint8Array(4).fill(1));
    expect(whole).toHaveLength(0);
  });

  test('only the buffers that are named are handed over', () => {
    const row = { kept: new Uint8Array(4), given: new Uint8Array(8) };
    expect(takeOver(move(row, [row.given.buffer]))?.value).toEqual({
      kept: new Uint8Array(4),
      given: new Uint8Array(8),
    });
    expect([row.kept.length, row.given.length]).toEqual([4, 0]);
  });

  test('shared memory stays shared, and an object that is met again is looked at once', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    const row: Record<string, unknown> = { shared, bytes: new Uint8Array(8) };
    row['self'] = row;
    const taken = takeOver(move(row));
    expect(taken?.buffers).toHaveLength(1);
    shared[0] = 7;
    expect(taken?.value).toMatchObject({ shared: { 0: 7 } });
  });

  test('a value of many parts', () => {
    const row = {
      bytes: new Uint8Array(8),
      list: Array.from({ length: 300_000 }, (_, index) => ({ index })),
    };
    expect(takeOver(move(row))?.buffers).toHaveLength(1);
  });

  test('a value without memory goes the way of any other', () => {
    const row = move({ a: 1 });
    expect(takeOver(row)).toBeUndefined();
    expect(snapshotOf(row)).toBe('{"a":1}');
  });

  test('memory that can not be handed over is copied, and stays', () => {
    const untransferable = new Uint8Array(8).fill(1);
    markAsUntransferable(untransferable.buffer);
    for (const row of [{ all: untransferable, own: new Uint8Array(4) }, Buffer.from('abc'), untransferable]) {
      expect(takeOver(move<object>(row, buffersOf(row)))).toBeUndefined();
      expect(buffersOf(row).some(({ detached }) => detached)).toBe(false);
    }
    expect(snapshotOf(move(untransferable))).toStrictEqual(new Uint8Array(8).fill(1));
  });

  test('memory that has been given away before is no memory', () => {
    const row = { bytes: new Uint8Array(8) };
    takeOver(move(row, [row.bytes.buffer]));
    expect(() => takeOver(move(row))).toThrow('it was moved, and its memory has been given away before');
  });

  test('a value that can not be cloned is left as it is', () => {
    const row = { bytes: new Uint8Array(8), call: () => 1 };
    expect(takeOver(move(row))).toBeUndefined();
    expect(row.bytes).toHaveLength(8);
    expect(snapshotOf(move(row))).toBeInstanceOf(Uncloneable);
  });

  test('a value is marked once, and for one time', () => {
    const row = { bytes: new Uint8Array(8) };
    expect(takeOver(row)).toBeUndefined();
    takeOver(move(row));
    row.bytes = new Uint8Array(8);
    expect(takeOver(row)).toBeUndefined();
    expect(row.bytes).toHaveLength(8);
  });

  test.each([1, 'text', null, undefined])('%j is not marked', (value) => {
    expect(takeOver(value)).toBeUndefined();
  });
});

test('isLarge: by all buffers together', () => {
  const contentOf = (...sizes: readonly number[]) => ({
    value: {},
    buffers: sizes.map((size) => new ArrayBuffer(size)),
  });
  expect(isLarge(contentOf(LARGE_BYTES))).toBe(true);
  expect(isLarge(contentOf(LARGE_BYTES / 2, LARGE_BYTES / 2))).toBe(true);
  expect(isLarge(contentOf(LARGE_BYTES / 2, LARGE_BYTES / 2 - 1))).toBe(false);
  expect(isLarge(contentOf())).toBe(false);
});

test('Moved: is here until its buffers are handed on, and when it has been put back', () => {
  const content = takeOver(move(new Uint8Array(8)))!;
  const moved = new Moved(content);
  expect([moved.isHere, isWhole(content)]).toEqual([true, true]);
  const elsewhere = structuredClone(content, { transfer: [...content.buffers] });
  expect([moved.isHere, isWhole(content)]).toEqual([false, false]);
  moved.putBack(elsewhere);
  expect(moved.isHere).toBe(true);
  expect(moved.content).toBe(elsewhere);
});

test('Moved: what was released is kept by nobody', () => {
  const moved = new Moved(takeOver(move(new Uint8Array(8)))!);
  moved.release();
  expect(moved.content).toEqual({ value: undefined, buffers: [] });
});

describe('Snapshots', () => {
  const large = () => new Uint8Array(LARGE_BYTES).fill(3);

  test('large values that were moved go by themselves, where they may', () => {
    const snapshots = new Snapshots(true, { handsOn: true, sharesBytes: true });
    const rows = [{ id: 1 }, move(large()), move(new Uint8Array(8)), { id: 2 }];
    const list = rows.map((row, position) => ({ snapshot: snapshots.take(row, position), position }));
    expect(list.map(({ snapshot }) => snapshot instanceof Moved)).toEqual([false, true, false, false]);
    const joined = joinSnapshots(list);
    expect(decodeList(joined)).toStrictEqual([{ id: 1 }, large(), new Uint8Array(8), { id: 2 }]);
    expect(movedIn(joined)).toBeUndefined();
    expect(largeBuffersIn(joined)).toHaveLength(1);

    const alone = joinSnapshots([list[1]!]);
    expect(movedIn(alone)?.value).toStrictEqual(large());
    expect(largeBuffersIn(alone)).toEqual(movedIn(alone)?.buffers);
    expect(movedIn('[1]')).toBeUndefined();
  });

  test.each([new Snapshots(true), new Snapshots(false)])('elsewhere they are taken over', (snapshots) => {
    const row = large();
    expect(snapshots.take(move(row), 0)).toStrictEqual(large());
    expect(row).toHaveLength(0);
  });

  test('what can not be handed over has no snapshot', () => {
    const gone = move(large());
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(new Snapshots(true, { handsOn: true }).take(gone, 0)).toBeInstanceOf(Uncloneable);
    expect(snapshotOf(move({ other: 1 }, [gone.buffer]))).toBeInstanceOf(Uncloneable);
  });
});

function buffersOf(value: unknown): ArrayBuffer[] {
  if (value instanceof ArrayBuffer) return [value];
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
  if (value instanceof Map || value instanceof Set) return [...value].flatMap(buffersOf);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(buffersOf) : [];
}
