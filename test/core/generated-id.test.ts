import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generatedRowIndex, generatedStateId } from '../../src/core/generated-id.ts';

test('generatedStateId: names the row by its index', () => {
  expect([0, 7, 12_345].map(generatedStateId)).toEqual(['row-0', 'row-7', 'row-12345']);
});

describe('generatedRowIndex', () => {
  test('gives the index that such an id was made from', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (index) => {
        expect(generatedRowIndex(generatedStateId(index))).toBe(index);
      }),
    );
  });

  test.each([
    '',
    'row-',
    'row-x',
    'row-01',
    'row-1x',
    'xrow-1',
    'row--1',
    'row-1.5',
    'row-NaN',
    'row- 1',
    'ROW-1',
  ])('gives nothing for %j', (text) => {
    expect(generatedRowIndex(text)).toBeUndefined();
  });
});
