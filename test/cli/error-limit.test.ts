import { describe, expect, test } from 'vitest';
import { describeLimit, isExceeded, parseErrorLimit } from '../../src/cli/error-limit.ts';

describe('--max-errors', () => {
  test.for([
    ['0', { kind: 'count', most: 0 }],
    ['25', { kind: 'count', most: 25 }],
    ['0.5%', { kind: 'share', percent: 0.5 }],
    ['100%', { kind: 'share', percent: 100 }],
  ] as const)('%s', ([text, limit]) => {
    expect(parseErrorLimit(text)).toEqual(limit);
    expect(describeLimit(limit)).toBe(text);
  });

  test.for(['', '-1', '1.5', '101%', '%', '5 %', '1e3', 'x', '99999999999999999999'])(
    'is not: %j',
    (text) => {
      expect(() => parseErrorLimit(text)).toThrow(`received '${text}'`);
    },
  );

  test('a number is exceeded by one more', () => {
    const limit = parseErrorLimit('2');
    expect(isExceeded(limit, { failed: 2, emitted: 2 })).toBe(false);
    expect(isExceeded(limit, { failed: 3, emitted: 3 })).toBe(true);
  });

  test('a share is looked at from 100 rows on', () => {
    const limit = parseErrorLimit('10%');
    expect(isExceeded(limit, { failed: 99, emitted: 99 })).toBe(false);
    expect(isExceeded(limit, { failed: 10, emitted: 100 })).toBe(false);
    expect(isExceeded(limit, { failed: 11, emitted: 100 })).toBe(true);
    expect(isExceeded(parseErrorLimit('100%'), { failed: 100, emitted: 100 })).toBe(false);
  });
});
