import { describe, expect, test } from 'vitest';
import { decode, decodeList, encode, largeBuffersIn } from '../../src/core/codec.ts';
import { ColumnGroup } from '../../src/core/column-group.ts';
import { copyLarge, LARGE_BYTES, ownBytes, SharedBytes } from '../../src/core/large-bytes.ts';
import { joinSnapshots, Snapshots } from '../../src/core/snapshot.ts';

const KINDS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

function filled(bytes: number): ArrayBuffer {
  return Uint8Array.from({ length: bytes }, (_, index) => index % 251).buffer;
}

class Pixels extends Uint8Array {}

/** A kind of array that not every Node has, and no worker has to know. */
const Float16 = Reflect.get(globalThis, 'Float16Array') as (new (buffer: ArrayBuffer) => object) | undefined;

/** Values that must go the way of everything else. */
const OTHERS: readonly (readonly [string, () => object])[] = [
  ['a small array', () => new Uint8Array(LARGE_BYTES - 1)],
  ['a part of a buffer', () => new Uint8Array(filled(2 * LARGE_BYTES), 8, LARGE_BYTES)],
  ['an array in shared memory', () => new Uint8Array(new SharedArrayBuffer(LARGE_BYTES))],
  [
    'an array that can grow',
    () => new Uint8Array(new ArrayBuffer(LARGE_BYTES, { maxByteLength: 2 * LARGE_BYTES })),
  ],
  ['a DataView', () => new DataView(filled(LARGE_BYTES))],
  ...(Float16 === undefined ? [] : [['a Float16Array', () => new Float16(filled(LARGE_BYTES))] as const]),
  ['a buffer without a view', () => filled(LARGE_BYTES)],
  ['an object with an array', () => ({ bytes: new Uint8Array(filled(LARGE_BYTES)) })],
];

describe('SharedBytes, copyLarge: as structured clone', () => {
  test.each(KINDS.map((Kind) => [Kind.name, Kind] as const))('%s', (_, Kind) => {
    const original = new Kind(filled(LARGE_BYTES + 8));
    const expected = structuredClone(original);
    const shared = SharedBytes.of(original) as SharedBytes;
    const copy = copyLarge(original);
    new Uint8Array(original.buffer).fill(1);
    const first = ownBytes(shared);
    expect(copy).toStrictEqual(expected);
    expect(first).toStrictEqual(expected);
    new Uint8Array(first.buffer).fill(2);
    expect(ownBytes(shared)).toStrictEqual(expected); // for the next attempt
  });

  test('the class of an array and what was added to it are left behind', () => {
    const original = Object.assign(new Pixels(filled(LARGE_BYTES)), { width: 256 });
    const own = ownBytes(SharedBytes.of(original) as SharedBytes);
    expect(own).toStrictEqual(structuredClone(original));
    expect(Object.getPrototypeOf(own)).toBe(Uint8Array.prototype);
    expect(Object.getPrototypeOf(copyLarge(Buffer.from(filled(LARGE_BYTES))))).toBe(Uint8Array.prototype);
  });

  test.each(OTHERS)('%s is none', (_, make) => {
    expect(SharedBytes.of(make())).toBeUndefined();
    expect(copyLarge(make())).toBeUndefined();
    expect(decode(encode(make()))).toStrictEqual(structuredClone(make()));
  });
});

test('Snapshots: large rows among others cross in shared memory, in their order', () => {
  const rows = [
    { id: 1 },
    new Uint8Array(filled(LARGE_BYTES)),
    'text',
    new Float64Array(filled(LARGE_BYTES)),
  ];
  const snapshots = new Snapshots(true, { sharesBytes: true });
  const list = rows.map((row, position) => ({ snapshot: snapshots.take(row, position), position }));
  expect(list.map(({ snapshot }) => snapshot instanceof SharedBytes)).toEqual([false, true, false, true]);
  expect(decodeList(structuredClone(joinSnapshots(list)))).toStrictEqual(rows);
});

test('largeBuffersIn: the buffers of large arrays, each once', () => {
  const large = new Uint8Array(filled(LARGE_BYTES));
  const again = new Int32Array(large.buffer);
  const shared = new Uint8Array(new SharedArrayBuffer(LARGE_BYTES));
  const small = new Uint8Array(8);
  expect(largeBuffersIn([1, large, small, again, shared, { large }])).toEqual([large.buffer]);
  expect(largeBuffersIn({ parts: ['[1]', [large]] })).toEqual([large.buffer]);
  expect(largeBuffersIn('[1,2]')).toEqual([]);
  const rows = ColumnGroup.startWith({ a: 1 }, { position: 0, expected: 1 })!;
  expect(largeBuffersIn(rows.block(0, 1))).toEqual([]);
});
