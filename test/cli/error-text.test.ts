import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorInPlace, rejectOf } from '../../src/cli/error-text.ts';
import { toPlainJson } from '../../src/cli/plain-json.ts';

describe('toPlainJson', () => {
  test('carries what structured clone carries', () => {
    const loop: Record<string, unknown> = { n: 1n };
    loop['self'] = [loop];
    const value = {
      loop,
      map: new Map<unknown, unknown>([['a', new Set([1n])]]),
      date: new Date(0),
      never: new Date(NaN),
      pattern: /x/g,
      numbers: [NaN, -Infinity, 1.5],
      bytes: [
        new Uint8Array([1, 2]),
        new ArrayBuffer(1),
        new BigInt64Array([3n]),
        new DataView(new ArrayBuffer(1)),
      ],
      boxed: [Object('s'), Object(1), Object(1n)] as unknown[],
      hole: undefined,
    };
    expect(JSON.parse(JSON.stringify(toPlainJson(structuredClone(value))))).toEqual({
      loop: { n: '1', self: ['[circular]'] },
      map: [['a', ['1']]],
      date: '1970-01-01T00:00:00.000Z',
      never: 'Invalid Date',
      pattern: '/x/g',
      numbers: ['NaN', '-Infinity', 1.5],
      bytes: [[1, 2], [0], ['3'], [0]],
      boxed: ['s', 1, '1'],
    });
  });

  test('undefined in maps and sets is null, as in lists of JSON', () => {
    const value = [new Map([[undefined, 1]]), new Set([undefined]), [undefined]];
    expect(toPlainJson(value)).toEqual([[[null, 1]], [null], [null]]);
  });

  test('errors keep name, message and cause, and no stack at any depth', () => {
    const value = {
      errors: [new TypeError('a', { cause: new Error('b') })],
      described: { message: 'c', stack: 'at c' },
    };
    expect(JSON.stringify(toPlainJson(value))).toBe(
      '{"errors":[{"name":"TypeError","message":"a","cause":{"name":"Error","message":"b"}}],"described":{"message":"c"}}',
    );
  });

  test('a value that is met twice is not circular, and one that is very deep ends', () => {
    const shared = { a: 1 };
    expect(toPlainJson([shared, shared])).toEqual([shared, shared]);
    let deep: unknown = 'bottom';
    for (let depth = 0; depth < 10_000; depth++) deep = [deep];
    expect(JSON.stringify(toPlainJson(deep))).toContain('[too deep]');
  });

  test('leaves JSON values as they are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(JSON.stringify(toPlainJson(value))).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('failed rows as text', () => {
  const error = {
    code: 'capacity_retry_timeout',
    message: 'gave up',
    statusCode: 429,
    elapsedMs: 1234.5,
    maxMs: 1000,
    stack: 'at x',
    cause: { code: 'transform_error', message: 'busy', stack: 'at y', elapsedMs: 3 },
  } as const;

  test('in place there are no stacks and no times that differ between runs', () => {
    expect(errorInPlace(error)).toBe(
      '{"error":{"code":"capacity_retry_timeout","message":"gave up","statusCode":429,"maxMs":1000,' +
        '"cause":{"code":"transform_error","message":"busy"}}}',
    );
  });

  test.for([
    ['{"a": 1.0}', '{"a": 1.0}'],
    [' [1]\r', '[1]'],
    ['{bad', '"{bad"'],
    ['', '""'],
  ])('the rejected row is given as it was: %j', ([text = '', row = '']) => {
    const entry = { rowIndex: 3 } as Parameters<typeof rejectOf>[0];
    const reject = rejectOf(entry, error, { line: 7, text, problem: undefined });
    expect(reject).toMatch(/^\{"rowIndex":3,"line":7,"error":\{.*"stack":"at x"\},"row":/);
    expect(reject.endsWith(`,"row":${row}}`)).toBe(true);
    expect(() => JSON.parse(reject) as unknown).not.toThrow();
  });
});
