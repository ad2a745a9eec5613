import { expect, test } from 'vitest';
import { shown } from '../../src/core/shown.ts';

test.each([
  [5, '5'],
  [-5n, '-5n'],
  ['text', "'text'"],
  [true, 'true'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Symbol('s'), 'Symbol(s)'],
  [{}, '[object Object]'],
  [[1], '[object Array]'],
  [() => 1, '[object Function]'],
  [Object.create(null), '[object Object]'],
  [new Uint8Array(1), '[object Uint8Array]'],
])('shown: %o', (value: unknown, text) => {
  expect(shown(value)).toBe(text);
});
