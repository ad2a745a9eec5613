import { describe, expect, test } from 'vitest';
import { decodeBlock, toBlock, type Column } from '../../src/core/column-block.ts';

const plain = (...values: unknown[]): Column => ({ values, nested: false });
const nested = (...values: string[]): Column => ({ values, nested: true });

describe('toBlock and decodeBlock', () => {
  test('all numbers and all strings of a block are joined, whatever the columns between them hold', () => {
    const keys = ['number', 'string', 'mixed', 'nested', 'otherNumber', 'otherString'];
    const columns = [
      plain(1, 2.5, -0),
      plain('a', '', 'bc'),
      plain(1, 'a', 2),
      nested('[1]', '{}', '[]'),
      plain(NaN, 5, Infinity),
      plain('\ud800', 'd', 'e'),
    ];
    const block = toBlock(keys, columns);
    expect(block).toEqual({
      count: 3,
      keys,
      kinds: ['numbers', 'strings', 'primitives', 'json', 'numbers', 'strings'],
      numbers: Float64Array.of(1, 2.5, -0, NaN, 5, Infinity),
      text: 'abc\ud800de',
      lengths: Int32Array.of(1, 0, 2, 1, 1, 1),
      others: [[1, 'a', 2], '[[1],{},[]]'],
    });
    expect(decodeBlock(structuredClone(block))).toEqual([
      { number: 1, string: 'a', mixed: 1, nested: [1], otherNumber: NaN, otherString: '\ud800' },
      { number: 2.5, string: '', mixed: 'a', nested: {}, otherNumber: 5, otherString: 'd' },
      { number: -0, string: 'bc', mixed: 2, nested: [], otherNumber: Infinity, otherString: 'e' },
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
    const block = toBlock(undefined, [plain(...values)]);
    expect(block).toMatchObject({ kinds: ['primitives'], others: [values], text: '' });
    expect([block.numbers.length, block.lengths.length]).toEqual([0, 0]);
    expect(decodeBlock(block)).toEqual(values);
  });

  test('values that are the only column themselves come back in a list of its own', () => {
    const block = toBlock(undefined, [plain(3, 1, 2)]);
    expect(block.kinds).toEqual(['numbers']);
    expect(decodeBlock(block)).toStrictEqual([3, 1, 2]);
  });

  test('without columns there are no values', () => {
    const block = toBlock(undefined, []);
    expect(block.count).toBe(0);
    expect(decodeBlock(block)).toEqual([]);
  });
});
