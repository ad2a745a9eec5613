import { describe, expect, test } from 'vitest';
import { ColumnGroup } from '../../src/core/column-group.ts';
import { LONGEST_TEXT } from '../../src/core/longest-text.ts';

const FIRST = { position: 3, expected: 0 };

const bare = <Value extends object>(value: Value): Value => Object.setPrototypeOf(value, null) as Value;

/** What structured clone knows by more than its prototype. */
const BARE_EXOTICS: [what: string, value: unknown][] = [
  ['an array without prototype', bare([1, 2])],
  ['a Date without prototype', bare(new Date(0))],
  ['a RegExp without prototype', bare(/a/)],
  ['an Error without prototype', bare(new Error('a'))],
  ['a boxed number without prototype', bare(new Number(1))],
  ['a typed array without prototype', bare(new Uint8Array(2))],
];

/** A value that is no plain object, with the properties of one. */
const like = (value: object) => Object.assign(value, { a: 1 });

describe('ColumnGroup.startWith', () => {
  test.each([
    ['primitives', 'text'],
    ['an object', { a: 1 }],
    ['an object in an object', { a: { b: 1 } }],
    ['an array in an object', { a: [1] }],
    ['null in an object', { a: null }],
    ['an object without keys', {}],
    ['an object without prototype', bare({ a: 1 })],
  ])('%s', (_, value) => {
    expect(ColumnGroup.startWith(value, FIRST)).toMatchObject({ first: 3, size: 1 });
  });

  test.each([
    ['a function', like(() => 1)],
    ['a Date', like(new Date(0))],
    ['an instance of a class', new (class A { a = 1; })()], // prettier-ignore
    ...BARE_EXOTICS,
    ['__proto__ as a key', JSON.parse('{"__proto__":1}')],
    ['an object that JSON does not carry', { a: [NaN] }],
    ['a property that JSON does not carry', { a: () => 1 }],
  ])('not %s', (_, value: unknown) => {
    expect(ColumnGroup.startWith(value, FIRST)).toBeUndefined();
  });
});

describe('ColumnGroup', () => {
  const groupOf = (value: unknown) => ColumnGroup.startWith(value, FIRST)!;

  test.each([
    ['a function', like(() => 1)],
    ['a Date', like(new Date(0))],
    ['a primitive', 1],
    ['null', null],
    ['another key', { b: 1 }],
  ])('does not take %s among plain objects', (_, value) => {
    const group = groupOf({ a: 1 });
    expect(group.add(value)).toBe(false);
    expect(group.size).toBe(1);
  });

  test('does not take an object among primitives', () => {
    expect(groupOf('text').add({ a: 1 })).toBe(false);
  });

  test('takes undefined where null was', () => {
    const group = groupOf({ a: null });
    expect(group.add({ a: undefined })).toBe(true);
    expect(group.encodedFrom(3, 5)).toEqual(['{"a":null}', { a: undefined }]);
  });

  test('is full when its texts are long', () => {
    const text = 'x'.repeat(LONGEST_TEXT / 2);
    for (const value of [text, { a: text }, { a: [text] }]) {
      const group = groupOf(value);
      expect(group.add(value)).toBe(true);
      expect(group.add(value)).toBe(false);
    }
  });

  test('is full at 1,024 values', () => {
    const group = groupOf(1);
    while (group.add(1));
    expect(group.size).toBe(1_024);
  });

  test('gives single cells by position: primitives, nested values as JSON text', () => {
    const group = groupOf({ a: 1, b: [1] });
    group.add({ a: 2, b: [2] });
    expect([group.cell(0, 3), group.cell(1, 3), group.cell(0, 4), group.cell(1, 4)]).toEqual([
      1,
      '[1]',
      2,
      '[2]',
    ]);
    expect(group.cell(2, 3)).toBeUndefined();
  });
});
