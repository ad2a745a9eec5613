import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTransformResult, TransformResult } from '../../src/core/transform-result.ts';

describe('TransformResult', () => {
  test('success: carries any value as it is', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const result = TransformResult.success(value);
        expect({ ...result }).toStrictEqual({ status: 'success', value });
        expect(isTransformResult(result)).toBe(true);
      }),
    );
  });

  test('error: is rejected with the message, not retryable unless said so', () => {
    expect({ ...TransformResult.error({ message: 'no' }) }).toStrictEqual({
      status: 'error',
      error: { code: 'rejected', message: 'no' },
      retryable: false,
    });
    expect(TransformResult.error({ message: 'no' }, { retryable: true })).toMatchObject({ retryable: true });
    expect(TransformResult.error({ message: 'no' }, { retryable: false })).toMatchObject({
      retryable: false,
    });
    expect(isTransformResult(TransformResult.error({ message: 'no' }))).toBe(true);
  });

  test.each([null, 0, '', false, { field: 'age' }])('error: details %j are carried', (details) => {
    expect({ ...TransformResult.error({ message: 'no', details }) }).toStrictEqual({
      status: 'error',
      error: { code: 'rejected', message: 'no', details },
      retryable: false,
    });
  });

  test('error: details that are undefined are left out, as is everything else it is given', () => {
    const more = { message: 'no', details: undefined, code: 'aborted', stack: 'x' };
    const result = TransformResult.error(more);
    expect({ ...result }).toStrictEqual({
      status: 'error',
      error: { code: 'rejected', message: 'no' },
      retryable: false,
    });
  });
});

describe('TransformResult.error: refuses', () => {
  test.each([
    [undefined, "its error must be an object with a 'message': received undefined"],
    [null, "its error must be an object with a 'message': received null"],
    ['no', "its error must be an object with a 'message': received 'no'"],
    [{}, "'message' must be a string: received undefined"],
    [{ message: 5 }, "'message' must be a string: received 5"],
    [{ message: {} }, "'message' must be a string: received [object Object]"],
  ])('%j', (error, message) => {
    expect(() => TransformResult.error(error as never)).toThrow(
      new TypeError(`Cannot reject row as ${message}`),
    );
  });

  test('no text, also an empty one', () => {
    expect(TransformResult.error({ message: '' })).toMatchObject({ error: { message: '' } });
  });
});

describe('isTransformResult', () => {
  test('a plain object that looks like a result is none, nor is a copy of one', () => {
    expect(isTransformResult({ status: 'success', value: 1 })).toBe(false);
    expect(isTransformResult({ ...TransformResult.success(1) })).toBe(false);
    expect(isTransformResult(structuredClone(TransformResult.success(1)))).toBe(false);
  });

  test('no other value is a result', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(isTransformResult(value)).toBe(false);
      }),
    );
    expect(isTransformResult(null)).toBe(false);
    expect(isTransformResult(undefined)).toBe(false);
    expect(isTransformResult(() => 1)).toBe(false);
  });

  test('a result made by another copy of the package is recognised', () => {
    class OtherCopy {
      readonly status = 'success';
      readonly value = 1;
      get [Symbol.for('pooled-executor.TransformResult')](): true {
        return true;
      }
    }
    expect(isTransformResult(new OtherCopy())).toBe(true);
  });

  test('the mark does not cross a boundary or show in a listing', () => {
    const result = TransformResult.success(1);
    expect(Reflect.ownKeys(result)).toEqual(['status', 'value']);
    expect(JSON.stringify(result)).toBe('{"status":"success","value":1}');
  });
});
