import { expect, test } from 'vitest';
import { concatenate } from '../../src/core/concatenate.ts';

test('concatenate: the items of all lists in their order, lists among them as they are', () => {
  expect(concatenate([])).toEqual([]);
  expect(concatenate<unknown>([[1, [2]], [], [[], 3]])).toEqual([1, [2], [], 3]);
});

test('concatenate: more lists than a call may have arguments', () => {
  const lists = Array.from({ length: 300_001 }, (_, index) => [index]);
  expect(concatenate(lists)).toEqual(lists.flat());
});
