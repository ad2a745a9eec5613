import { expect, test } from 'vitest';
import { payloadText } from '../../src/cli/payload-text.ts';

test.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  ['text', '"text"'],
  ['{"n": 1}', '{"n": 1}'],
  ['[1]', '[1]'],
  ['{no json', '"{no json"'],
  ['{"n":\n1}', '"{\\"n\\":\\n1}"'],
  [{ n: 1 }, '{"n":1}'],
])('payloadText: %j stands as %s', (value, expected) => {
  expect(payloadText(value, { full: false })).toBe(expected);
});

test('payloadText: more than 240 characters are cut, and stand whole when all is asked for', () => {
  const [fits, long] = ['x'.repeat(238), 'x'.repeat(239)];
  expect(payloadText(fits, { full: false })).toBe(`"${fits}"`);
  expect(payloadText(long, { full: false })).toBe(`"${long}… (1 more characters: --full)`);
  expect(payloadText(long, { full: true })).toBe(`"${long}"`);
});
