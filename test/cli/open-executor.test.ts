import { describe, expect, test } from 'vitest';
import { asUsageError, inFlagTerms } from '../../src/cli/open-executor.ts';
import { UsageError } from '../../src/cli/exit.ts';
import { TransformLoadError } from '../../src/index.ts';

describe('asUsageError', () => {
  test('a load that took too long is told in the words of the command line', () => {
    const reason = new TransformLoadError(
      'Cannot load transform x: it had not finished loading after loadTimeoutMs (1 ms)',
    );
    expect(asUsageError(reason, 'file:///x')).toEqual(
      new UsageError('Cannot load transform x: it had not finished loading after --load-timeout-ms (1 ms)'),
    );
  });

  test('any other error comes through as it is', () => {
    const reason = new RangeError('loadTimeoutMs (1 ms)');
    expect(asUsageError(reason, 'file:///x')).toBe(reason);
  });
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
