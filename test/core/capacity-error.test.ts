import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asCapacitySignal, CapacityError, isCapacityStatus } from '../../src/core/capacity-error.ts';

describe('CapacityError', () => {
  test('without a message it names the status, and carries nothing it was not given', () => {
    const error = new CapacityError(503);
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.statusCode]).toEqual([
      'CapacityError',
      'Service is at capacity (status 503)',
      503,
    ]);
    expect('retryAfterMs' in error).toBe(false);
    expect('cause' in error).toBe(false);
  });

  test('carries message, wait and cause', () => {
    const cause = new Error('socket');
    const error = new CapacityError(429, 'slow down', { retryAfterMs: 0, cause });
    expect([error.message, error.retryAfterMs, error.cause]).toEqual(['slow down', 0, cause]);
  });

  test('an empty message is a message, an undefined cause a cause', () => {
    expect(new CapacityError(429, '').message).toBe('');
    expect('cause' in new CapacityError(429, 'x', { cause: undefined })).toBe(true);
  });
});

describe('isCapacityStatus', () => {
  test('429, 503 and 529, and no other status', () => {
    const capacity = Array.from({ length: 1_000 }, (_, status) => status).filter(isCapacityStatus);
    expect(capacity).toEqual([429, 503, 529]);
    expect([NaN, -429, 429.5, Infinity].some(isCapacityStatus)).toBe(false);
  });
});

describe('asCapacitySignal', () => {
  test('a CapacityError, whatever its status', () => {
    expect(asCapacitySignal(new CapacityError(503))).toStrictEqual({ statusCode: 503 });
    expect(asCapacitySignal(new CapacityError(418))).toStrictEqual({ statusCode: 418 });
    expect(asCapacitySignal(new CapacityError(0, 'x', { retryAfterMs: 7 }))).toStrictEqual({
      statusCode: 0,
      retryAfterMs: 7,
    });
    expect(asCapacitySignal(new (class Busy extends CapacityError {})(1))).toStrictEqual({ statusCode: 1 });
  });

  test('a CapacityError of another copy of the package', () => {
    class OtherCopy extends Error {
      readonly statusCode = 418;
      get [Symbol.for('pooled-executor.CapacityError')](): true {
        return true;
      }
    }
    expect(asCapacitySignal(new OtherCopy())).toStrictEqual({ statusCode: 418 });
  });

  test('the mark alone, or any mark but true, is no signal', () => {
    const mark = Symbol.for('pooled-executor.CapacityError');
    expect(asCapacitySignal({ [mark]: true })).toBeUndefined();
    expect(asCapacitySignal({ [mark]: true, statusCode: '503' })).toBeUndefined();
    expect(asCapacitySignal({ [mark]: true, statusCode: '503', status: 418 })).toEqual({ statusCode: 418 });
    expect(asCapacitySignal({ [mark]: 1, statusCode: 500 })).toBeUndefined();
  });

  test.each([429, 503, 529])('anything whose status or statusCode is %i', (status) => {
    expect(asCapacitySignal(Object.assign(new Error('busy'), { status }))).toStrictEqual({
      statusCode: status,
    });
    expect(asCapacitySignal({ statusCode: status })).toStrictEqual({ statusCode: status });
    expect(asCapacitySignal(Object.assign(() => 1, { status }))).toStrictEqual({ statusCode: status });
    expect(
      asCapacitySignal(runInNewContext(`Object.assign(new Error('busy'), { status: ${status} })`)),
    ).toEqual({
      statusCode: status,
    });
    expect(asCapacitySignal({ status, statusCode: 500 })).toStrictEqual({ statusCode: status });
    expect(asCapacitySignal({ status: 500, statusCode: status })).toStrictEqual({ statusCode: status });
    expect(asCapacitySignal({ status: 'busy', statusCode: status })).toStrictEqual({ statusCode: status });
  });

  test('statusCode goes before status when both are capacity statuses', () => {
    expect(asCapacitySignal({ status: 429, statusCode: 503 })).toStrictEqual({ statusCode: 503 });
  });

  test.each([
    null,
    undefined,
    503,
    '503',
    true,
    Symbol('503'),
    {},
    { status: 500 },
    { status: '503' },
    { statusCode: NaN },
    { response: { status: 503 } },
    new Error('503'),
    () => 503,
  ])('no signal: %s', (thrown) => {
    expect(asCapacitySignal(thrown)).toBeUndefined();
  });

  test.each([0, 1, 0.5, 1e9])('retryAfterMs %d is kept', (retryAfterMs) => {
    expect(asCapacitySignal(new CapacityError(503, 'x', { retryAfterMs }))).toStrictEqual({
      statusCode: 503,
      retryAfterMs,
    });
    expect(asCapacitySignal({ status: 503, retryAfterMs })).toStrictEqual({ statusCode: 503, retryAfterMs });
  });

  test.each([NaN, -1, -Infinity, Infinity, '5', null, undefined, {}])(
    'retryAfterMs %s is ignored',
    (retryAfterMs) => {
      expect(asCapacitySignal({ status: 503, retryAfterMs })).toStrictEqual({ statusCode: 503 });
    },
  );

  test('a getter or proxy that throws says nothing about capacity', () => {
    const refuse = () => {
      throw new Error('no');
    };
    expect(asCapacitySignal(Object.defineProperty({}, 'status', { get: refuse }))).toBeUndefined();
    expect(asCapacitySignal(new Proxy({ status: 503 }, { get: refuse }))).toBeUndefined();
    const { proxy, revoke } = Proxy.revocable({ status: 503 }, {});
    revoke();
    expect(asCapacitySignal(proxy)).toBeUndefined();
  });

  test('any thrown value: a signal when its status says so, else undefined', () => {
    const status = fc.oneof(fc.constantFrom<unknown>(429, 503, 529, 500, NaN, '503'), fc.anything());
    fc.assert(
      fc.property(fc.anything(), status, status, (other, one, two) => {
        const thrown = typeof other === 'object' && other !== null ? other : {};
        Object.assign(thrown, { status: one, statusCode: two });
        const codes = [two, one].filter((code) => typeof code === 'number' && isCapacityStatus(code));
        expect(asCapacitySignal(thrown)?.statusCode).toBe(codes[0]);
      }),
    );
  });
});
