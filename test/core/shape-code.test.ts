import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ShapeCode } from '../../src/core/shape-code.ts';
import type { makeObjects as MakeObjects } from '../../src/core/shape-maker.ts';
import type { readerFor as ReaderFor } from '../../src/core/shape-reader.ts';
import { awkwardString, shapeOf } from './arbitrary-values.ts';

/** More often than it takes until code is made. */
const USES = 5;

const key = fc
  .oneof(
    awkwardString,
    fc.constantFrom('constructor', 'toString', '7', '01', 'a b', "'", '`${1}`', '\u2028', '*/'),
  )
  .filter((text) => text !== '__proto__');
const cell = fc.oneof(
  awkwardString,
  fc.double(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined),
);
const record = fc
  .uniqueArray(key, { minLength: 1, maxLength: 6 })
  .chain((keys) =>
    fc.tuple(...keys.map((name) => fc.tuple(fc.constant(name), fc.oneof(cell, fc.array(fc.integer()))))),
  )
  .map((entries): Record<string, unknown> => Object.fromEntries(entries));

/** `Function` that takes note of code which is none. */
function functionThatTells(failures: unknown[]): unknown {
  const Real = Function;
  return function (...args: string[]) {
    try {
      return Reflect.construct(Real, args) as unknown;
    } catch (reason) {
      failures.push(reason);
      throw reason;
    }
  };
}

const isNested = (value: unknown) => typeof value === 'object' && value !== null;

function shapeOfRecord(value: Record<string, unknown>) {
  return { keys: Object.keys(value), nested: Object.values(value).map(isNested) };
}

describe('readerFor and makeObjects', () => {
  let readerFor: typeof ReaderFor;
  let makeObjects: typeof MakeObjects;
  let failures: unknown[];

  // there is code for the first shapes that a process meets
  beforeEach(async () => {
    failures = [];
    vi.stubGlobal('Function', functionThatTells(failures));
    vi.resetModules();
    ({ readerFor } = await import('../../src/core/shape-reader.ts'));
    ({ makeObjects } = await import('../../src/core/shape-maker.ts'));
  });

  // where no code can be made the keys are gone through, with the same result
  afterEach(() => {
    vi.unstubAllGlobals();
    expect(failures).toEqual([]);
  });

  test('what is read is what is made again, with code or without', () => {
    fc.assert(
      fc.property(record, (value) => {
        const shape = shapeOfRecord(value);
        for (let use = 0; use < USES; use++) {
          const columns = shape.keys.map((): unknown[] => []);
          const read = readerFor(shape);
          expect(read(value, columns, 0)).toBeGreaterThanOrEqual(0);
          expect(read(value, columns, 1)).toBe(read(value, columns, 0));
          const parsed = columns.map((column, index) =>
            shape.nested[index] === true ? column.map((text): unknown => JSON.parse(String(text))) : column,
          );
          const [first, second] = makeObjects(shape.keys, parsed, 2);
          expect(shapeOf(first)).toStrictEqual(shapeOf(value));
          expect(shapeOf(second)).toStrictEqual(shapeOf(value));
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Record<string, unknown>]>([
    ['a key less', { a: 1 }],
    ['a key more', { a: 1, b: [1], c: 1 }],
    ['other keys', { a: 1, c: [1] }],
    ['another order', { b: [1], a: 1 }],
    ['an object where none was', { a: {}, b: [1] }],
    ['a function', { a: () => 1, b: [1] }],
    ['a symbol', { a: Symbol('a'), b: [1] }],
    ['none where an object was', { a: 1, b: undefined }],
    ['an object that JSON does not carry', { a: 1, b: [NaN] }],
  ])('an object of another shape is not read: %s', (_name, value) => {
    for (let use = 0; use < USES; use++) {
      const read = readerFor({ keys: ['a', 'b'], nested: [false, true] });
      expect(read({ a: 1, b: [1] }, [[], []], 0)).toBe('[1]'.length);
      expect(read(value, [[], []], 0)).toBe(-1);
    }
  });

  test('the characters of all strings are counted', () => {
    for (let use = 0; use < USES; use++) {
      const read = readerFor({ keys: ['one', 'two', 'three'], nested: [false, true, false] });
      expect(read({ one: 'abc', two: ['d'], three: 4 }, [[], [], []], 0)).toBe('abc'.length + '["d"]'.length);
    }
  });
});

describe('ShapeCode', () => {
  const shape = { keys: ['a'], nested: [] };

  test('there is code for a shape that is met again and again', () => {
    const codes = new ShapeCode<() => number>(() => ({ parameters: [], body: 'return 1;' }));
    expect(codes.for(shape)).toBeUndefined();
    for (let use = 0; use < USES; use++) codes.for(shape);
    expect(codes.for(shape)?.()).toBe(1);
  });

  test('there is none where code can not be made', () => {
    let tried = 0;
    const codes = new ShapeCode(() => ({ parameters: [], body: tried++ === 0 ? 'no code' : 'return 1;' }));
    for (let use = 0; use < USES; use++) expect(codes.for(shape)).toBeUndefined();
    const other = { keys: ['b'], nested: [] };
    for (let use = 0; use < USES; use++) expect(codes.for(other)).toBeUndefined();
    expect(tried).toBe(1); // where it is forbidden for one shape it is for all
  });

  test('shapes that are never met again do not pile up', () => {
    let made = 0;
    const codes = new ShapeCode(() => ({ parameters: [], body: `return ${made++};` }));
    for (let each = 0; each < 1_000; each++) codes.for({ keys: [`key ${each}`], nested: [] });
    expect(made).toBe(0);
    for (let use = 0; use < USES; use++) expect(codes.for(shape)).toBeUndefined(); // there are too many already
  });
});
