import { expect, test } from 'vitest';
import { decode, encode } from '../../src/core/codec.ts';
import { deepClone, MOST_LEVELS } from '../../src/core/deep-clone.ts';
import { nest, type Kind } from '../helpers/nested.ts';

const TOO_DEEP = new RangeError('it is nested more than 1000 levels deep');
const KINDS: readonly Kind[] = ['objects', 'lists', 'maps', 'not JSON', 'linked list'];

test.each(KINDS)('%s: as deep as may be, and not one level deeper', (kind) => {
  expect(() => deepClone(nest(kind, MOST_LEVELS))).not.toThrow();
  expect(() => deepClone(nest(kind, MOST_LEVELS + 1))).toThrow(TOO_DEEP);
});

test.each(KINDS)('%s: encoded, by whatever way, they are refused at the same depth', (kind) => {
  expect(() => decode(encode(nest(kind, MOST_LEVELS)))).not.toThrow();
  expect(() => encode(nest(kind, MOST_LEVELS + 1))).toThrow(TOO_DEEP);
});

test('the cause of an error counts, as it is cloned', () => {
  const error = new Error('outer', { cause: nest('maps', MOST_LEVELS) });
  expect(() => deepClone(error)).toThrow(TOO_DEEP);
});

test('keys of maps and items of sets count', () => {
  expect(() => deepClone(new Map([[nest('maps', MOST_LEVELS), 1]]))).toThrow(TOO_DEEP);
  expect(() => deepClone(new Set([nest('lists', MOST_LEVELS)]))).toThrow(TOO_DEEP);
});

test('many objects are not deep, nor is one that occurs often or in itself', () => {
  const cyclic: Record<string, unknown> = { nothing: undefined };
  cyclic['self'] = cyclic;
  const shared = Array.from({ length: 3 * MOST_LEVELS }, () => cyclic);
  const many = Array.from({ length: 3 * MOST_LEVELS }, () => ({ at: new Date(5) }));
  expect(deepClone([shared, many])).toEqual([shared, many]);
});

test('an array that is nearly empty is not looked at place by place', () => {
  const sparse: unknown[] = [];
  sparse[4_000_000_000] = nest('lists', MOST_LEVELS);
  expect(() => deepClone(sparse)).toThrow(TOO_DEEP);
});

test('what is no object, and what has no objects in it', () => {
  for (const value of [undefined, null, 5n, 'text', new Uint8Array(3), new Date(5)])
    expect(deepClone(value)).toEqual(value);
});
