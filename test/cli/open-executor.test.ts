import { describe, expect, test } from 'vitest';
import { inFlagTerms } from '../../src/cli/open-executor.ts';
import { UsageError } from '../../src/cli/exit.ts';

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
