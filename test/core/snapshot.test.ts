import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, decodeList } from '../../src/core/codec.ts';
import { decodeBlock } from '../../src/core/column-block.ts';
import { ColumnGroup } from '../../src/core/column-group.ts';
import { LONGEST_TEXT } from '../../src/core/longest-text.ts';
import { SharedBytes } from '../../src/core/large-bytes.ts';
import {
  encodedOf,
  joinConsecutive,
  joinSnapshots,
  Snapshots,
  Uncloneable,
  type PlacedSnapshot,
  type Snapshot,
} from '../../src/core/snapshot.ts';
import { awkwardString, cloneable, jsonLike, scribbleOver, shapeOf } from './arbitrary-values.ts';

const primitive = fc.oneof(
  fc.constantFrom(undefined, null, true, false, 0, -0, NaN, Infinity, -1.5, 10n ** 20n),
  awkwardString,
  fc.integer(),
);
const field = fc.oneof(
  { weight: 4, arbitrary: primitive },
  { weight: 1, arbitrary: jsonLike },
  { weight: 1, arbitrary: cloneable },
);

/** Rows as a source gives them: mostly of one shape, some not. */
const rows = fc
  .tuple(
    fc.array(fc.record({ id: fc.integer(), name: awkwardString, more: field, '1': field }), {
      maxLength: 30,
    }),
    fc.array(fc.tuple(fc.nat(30), cloneable), { maxLength: 3 }),
  )
  .map(([list, odd]) => odd.reduce<unknown[]>((all, [at, value]) => all.toSpliced(at, 0, value), list));

function takeAll(values: readonly unknown[]): Snapshot[] {
  const snapshots = new Snapshots(true);
  return values.map((value, position) => snapshots.take(value, position));
}

/** The value of a snapshot as it arrives on the other side of a boundary. */
function arrived(snapshot: Snapshot, position: number): unknown {
  if (!(snapshot instanceof ColumnGroup)) return decode(structuredClone(snapshot));
  return decodeBlock(structuredClone(snapshot.block(position, position + 1)))[0];
}

function expectSame(actual: unknown, expected: unknown): void {
  expect(shapeOf(actual)).toStrictEqual(shapeOf(expected));
}

describe('Snapshots', () => {
  test('a row arrives as its structured clone, in a group or by itself', () => {
    fc.assert(
      fc.property(rows, (values) => {
        for (const [position, snapshot] of takeAll(values).entries()) {
          const expected = structuredClone(values[position]);
          expectSame(arrived(snapshot, position), expected);
          if (snapshot instanceof ColumnGroup)
            expectSame(snapshot.encodedFrom(position, position + 1).map(decode), [expected]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('rows of a group arrive together, any part of them', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(), (values, a, b) => {
        const groups = new Set(takeAll(values).filter((snapshot) => snapshot instanceof ColumnGroup));
        for (const group of groups) {
          const from = group.first + (a % group.size);
          const to = from + 1 + (b % (group.first + group.size - from));
          const block = structuredClone(group.block(from, to));
          expectSame(decodeBlock(block), structuredClone(values.slice(from, to)));
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    { name: 'whole numbers of 32 bits', numbers: [0, -1, 2 ** 31 - 1, -(2 ** 31)], kind: 'integers' },
    { name: 'a larger one', numbers: [0, 1, 2 ** 31], kind: 'numbers' },
    { name: 'minus zero', numbers: [1, -0, 2], kind: 'numbers' },
    { name: 'a fraction', numbers: [1, 2.5], kind: 'numbers' },
    { name: 'NaN', numbers: [NaN, 1], kind: 'numbers' },
    { name: 'another primitive', numbers: [1, 'a', 2.5], kind: 'primitives' },
  ])('numbers of a group cross as what they are: $name', ({ numbers, kind }) => {
    const values = numbers.map((n) => ({ n }));
    const [group] = takeAll(values);
    if (!(group instanceof ColumnGroup)) throw new Error('no group');
    const block = group.block(0, values.length);
    expect(block.kinds).toEqual([kind]);
    expectSame(decodeBlock(structuredClone(block)), values);
    // a part of it by what is in that part
    expect(group.block(0, 1).kinds).toEqual([Number.isInteger(numbers[0]) ? 'integers' : 'numbers']);
  });

  test('I8: what happens to a row afterwards does not change its snapshot', () => {
    fc.assert(
      fc.property(rows, (values) => {
        const before = structuredClone(values);
        const snapshots = takeAll(values);
        for (const value of values) scribbleOver(value);
        for (const [position, snapshot] of snapshots.entries())
          expectSame(arrived(snapshot, position), before[position]);
      }),
      { numRuns: 200 },
    );
  });

  test('rows of one shape are one group, up to 1,024 of them', () => {
    const groups = new Set(takeAll(Array.from({ length: 2_100 }, (_, id) => ({ id, name: `name ${id}` }))));
    expect([...groups].map((group) => (group as ColumnGroup).size)).toEqual([1_024, 1_024, 52]);
  });

  test('a group gathers no more strings than one text should hold', () => {
    const text = 'x'.repeat(LONGEST_TEXT / 8);
    const groups = new Set(takeAll(Array.from({ length: 20 }, (_, id) => ({ id, text }))));
    expect([...groups].map((group) => (group as ColumnGroup).size)).toEqual([8, 8, 4]);
  });

  test('primitives are a group too', () => {
    const [first, ...others] = takeAll([1, 'two', undefined, null, true, 6n]);
    expect(first).toBeInstanceOf(ColumnGroup);
    expect(others.every((snapshot) => snapshot === first)).toBe(true);
  });

  test('rows whose shapes differ all the time are no longer put into groups', () => {
    const values = Array.from({ length: 40 }, (_, id) => ({ [`key-${id}`]: id }));
    const last = takeAll(values).at(-1);
    expect(last).toBe(JSON.stringify(values.at(-1)));
  });

  test('another order of the keys is another shape', () => {
    const [one, other] = takeAll([
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ]);
    expect(one).not.toBe(other);
    expect(Object.keys(arrived(other, 1) as object)).toEqual(['b', 'a']);
  });

  test('what can not be cloned is said, and the rows around it are as they would be', () => {
    const boom = new Error('boom');
    const thrower = {
      get id() {
        throw boom;
      },
    };
    const taken = takeAll([{ id: 1 }, { id: () => 1 }, { id: 2 }, thrower, { id: 3 }, { id: Symbol('s') }]);
    expect(taken.map((snapshot) => snapshot instanceof Uncloneable)).toEqual([
      ...[false, true, false, true, false, true],
    ]);
    expect((taken[3] as Uncloneable).reason).toBe(boom);
    expect([0, 2, 4].map((position) => arrived(taken[position], position))).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ]);
  });

  test('without groups each row is encoded by itself', () => {
    expect(new Snapshots(false).take({ id: 1 }, 0)).toBe('{"id":1}');
  });
});

describe('joinSnapshots', () => {
  const recordsOf = (count: number) => Array.from({ length: count }, (_, id) => ({ id, name: `row ${id}` }));
  const placedOf = (values: readonly unknown[]): PlacedSnapshot[] =>
    takeAll(values).map((snapshot, position) => ({ snapshot, position }));

  test('any choice of rows arrives together, in its order', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 12 }))), (values, cuts) => {
        const placed = placedOf(values);
        const starts = values.length === 0 ? [] : cuts;
        const cutOut = starts.flatMap(([from, count]) =>
          placed.slice(from % values.length, (from % values.length) + count),
        );
        const chosen = [...new Set(cutOut)];
        const expected = chosen.map(({ position }) => structuredClone(values[position]));
        expectSame(decodeList(structuredClone(joinSnapshots(chosen))), expected);
      }),
      { numRuns: 500 },
    );
  });

  test('8 rows of a group that follow one another are a block, 7 are not', () => {
    const placed = placedOf(recordsOf(20));
    expect(joinSnapshots(placed.slice(3, 11))).not.toHaveProperty('parts');
    expect(joinSnapshots(placed.slice(3, 11))).toEqual((placed[3]!.snapshot as ColumnGroup).block(3, 11));
    expect(decodeList(joinSnapshots(placed.slice(3, 10)))).toEqual(recordsOf(20).slice(3, 10));
    expect(joinSnapshots(placed.slice(3, 10))).not.toEqual((placed[3]!.snapshot as ColumnGroup).block(3, 10));
  });

  test('rows that do not follow one another are blocks of their own, with the others between them', () => {
    const placed = placedOf(recordsOf(30));
    const alone = { snapshot: takeAll([new Map([['k', 1]])])[0]!, position: 0 };
    const joined = joinSnapshots([...placed.slice(0, 9), alone, ...placed.slice(10, 20)]);
    expect(joined).toHaveProperty('parts.length', 3);
    const rowsThere = recordsOf(30);
    expect(decodeList(structuredClone(joined))).toEqual([
      ...rowsThere.slice(0, 9),
      new Map([['k', 1]]),
      ...rowsThere.slice(10, 20),
    ]);
  });
});

describe('joinConsecutive', () => {
  test('gives the rows of the range and no others, wherever their group begins', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(), fc.nat(100), (values, at, size, first) => {
        const taker = new Snapshots(true);
        const snapshots = values.map((value, index) => taker.take(value, first + index));
        const from = at % (values.length + 1);
        const to = from + (size % (values.length - from + 1));
        const joined = joinConsecutive(snapshots, { from, to, position: first + from });
        expectSame(
          decodeList(structuredClone(joined)),
          values.slice(from, to).map((value) => structuredClone(value)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

test('encodedOf: a snapshot by itself, also one of a group', () => {
  fc.assert(
    fc.property(rows, (values) => {
      for (const [position, snapshot] of takeAll(values).entries()) {
        const encoded = encodedOf({ snapshot, position });
        expectSame(decode(structuredClone(encoded)), structuredClone(values[position]));
      }
    }),
    { numRuns: 100 },
  );
});

describe('Snapshots: groups', () => {
  const taken = (snapshots: Snapshots, shape: string, first: number, count: number) =>
    Array.from({ length: count }, (_, index) => snapshots.take({ [shape]: index }, first + index));

  test('a gap between positions begins another', () => {
    const snapshots = new Snapshots(true);
    const [before, behind] = [snapshots.take({ a: 1 }, 0), snapshots.take({ a: 1 }, 2)];
    expect(before).toBeInstanceOf(ColumnGroup);
    expect(behind).toBeInstanceOf(ColumnGroup);
    expect(behind).not.toBe(before);
  });

  test('there are none any more after eight of fewer than 16 rows', () => {
    for (const [size, expected] of [
      [15, false],
      [16, true],
    ] as const) {
      const snapshots = new Snapshots(true);
      for (let group = 0; group < 9; group++) taken(snapshots, `shape ${group}`, group * size, size);
      expect(taken(snapshots, 'last', 9 * size, 1)[0] instanceof ColumnGroup).toBe(expected);
    }
  });

  test('large bytes are shared only where that was asked for', () => {
    const bytes = new Uint8Array(1 << 20);
    expect(new Snapshots(true).take(bytes, 0)).not.toBeInstanceOf(SharedBytes);
    expect(new Snapshots(true, { sharesBytes: true }).take(bytes, 0)).toBeInstanceOf(SharedBytes);
  });
});
