import { describe, expect, test } from 'vitest';
import { decodeBlock, toBlock, type Column } from '../../src/core/column-block.ts';

const plain = (...values: unknown[]): Column => ({ values, nested: false });
const nested = (...values: string[]): Column => ({ values, nested: true });

describe('toBlock and decodeBlock', () => {
  test('all numbers and all strings of a block are joined, whatever the columns between them hold', () => {
    const keys = [
      'number',
      'string',
      'mixed',
      'nested',
      'integer',
      'otherNumber',
      'otherString',
      'otherInteger',
    ];
    const columns = [
      plain(1, 2.5, -0),
      plain('a', '', 'bc'),
      plain(1, 'a', 2),
      nested('[1]', '{}', '[]'),
      plain(7, -8, 0),
      plain(NaN, 5, Infinity),
      plain('\ud800', 'd', 'e'),
      plain(-(2 ** 31), 2 ** 31 - 1, 1),
    ];
    const block = toBlock(keys, columns, { from: 0, to: 3 });
    expect(block).toEqual({
      count: 3,
      keys,
      kinds: ['numbers', 'strings', 'primitives', 'json', 'integers', 'numbers', 'strings', 'integers'],
      integers: Int32Array.of(7, -8, 0, -(2 ** 31), 2 ** 31 - 1, 1),
      numbers: Float64Array.of(1, 2.5, -0, NaN, 5, Infinity),
      text: 'a\n\nbc\n\ud800\nd\ne',
      lengths: Int32Array.of(1, 0, 2, 1, 1, 1),
      others: [[1, 'a', 2], '[[1],{},[]]'],
    });
    expect(decodeBlock(structuredClone(block))).toEqual([
      {
        number: 1,
        string: 'a',
        mixed: 1,
        nested: [1],
        integer: 7,
        otherNumber: NaN,
        otherString: '\ud800',
        otherInteger: -(2 ** 31),
      },
      {
        number: 2.5,
        string: '',
        mixed: 'a',
        nested: {},
        integer: -8,
        otherNumber: 5,
        otherString: 'd',
        otherInteger: 2 ** 31 - 1,
      },
      {
        number: -0,
        string: 'bc',
        mixed: 2,
        nested: [],
        integer: 0,
        otherNumber: Infinity,
        otherString: 'e',
        otherInteger: 1,
      },
    ]);
  });

  test.each([
    ['a number late among strings', ['a', 'b', 3]],
    ['a string late among numbers', [1, 2, 'c']],
    ['undefined late among numbers', [1, 2, undefined]],
    ['booleans', [true, false, true]],
    ['bigints', [1n, 2n, 3n]],
    ['null first', [null, 1, 2]],
  ])('a column with other values stays a list: %s', (_what, values) => {
    const block = toBlock(undefined, [plain(...values)], { from: 0, to: values.length });
    expect(block).toMatchObject({ kinds: ['primitives'], others: [values], text: '' });
    expect([block.integers.length, block.numbers.length, block.lengths.length]).toEqual([0, 0, 0]);
    expect(decodeBlock(block)).toEqual(values);
  });

  test('of each column only the rows asked for are joined, as what those are', () => {
    const columns = [
      plain('a', 1, 2, 2.5),
      plain('a', 'b', 'c', 3),
      nested('{}', '[1]', '[2]', '{}'),
      plain(1n, 2n, 3n, 4n),
    ];
    const block = toBlock(['a', 'b', 'c', 'd'], columns, { from: 1, to: 3 });
    expect(block).toMatchObject({
      count: 2,
      kinds: ['integers', 'strings', 'json', 'primitives'],
      text: 'b\nc',
    });
    expect(decodeBlock(structuredClone(block))).toEqual([
      { a: 1, b: 'b', c: [1], d: 2n },
      { a: 2, b: 'c', c: [2], d: 3n },
    ]);
  });

  test('values that are the only column themselves come back in a list of its own', () => {
    const block = toBlock(undefined, [plain(3, 1, 2)], { from: 0, to: 3 });
    expect(block.kinds).toEqual(['integers']);
    expect(decodeBlock(block)).toStrictEqual([3, 1, 2]);
  });

  test('without columns there are no values', () => {
    const block = toBlock(undefined, [], { from: 0, to: 0 });
    expect(block.count).toBe(0);
    expect(decodeBlock(block)).toEqual([]);
  });
});
