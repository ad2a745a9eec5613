import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { inFlagTerms, urlOfTransform } from '../../src/cli/open-executor.ts';
import { UsageError } from '../../src/cli/exit.ts';

test.each([
  ['t.mjs', pathToFileURL(resolve('t.mjs')).href],
  ['/data/a b.mjs', 'file:///data/a%20b.mjs'],
  ['file:///data/t.mjs', 'file:///data/t.mjs'],
  ['data:text/javascript,export default 1', 'data:text/javascript,export default 1'],
])('urlOfTransform: %s', (transform, url) => {
  expect(urlOfTransform(transform)).toBe(url);
});

describe('inFlagTerms', () => {
  test('what the executor says of an option is said of the flag', () => {
    const act = () => {
      throw new TypeError("Cannot create executor as 'poolSize' must be small: received 9");
    };
    expect(() => inFlagTerms({ poolSize: '09' }, act)).toThrow(
      new UsageError("--pool-size must be small: received '09'"),
    );
  });

  test('any other error comes through as it is', () => {
    const reason = new RangeError('out of memory');
    const act = () => {
      throw reason;
    };
    expect(() => inFlagTerms({}, act)).toThrow(reason);
  });
});
