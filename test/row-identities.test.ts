import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RowContext } from '../src/index.ts';
import { checkContexts } from '../src/row-identities.ts';

function contextOf(stateId: unknown, rowIndex: unknown): RowContext<unknown> {
  return { row: null, stateId: stateId as string, rowIndex: rowIndex as number };
}

const contextsOf = (...indices: readonly number[]) => indices.map((index) => contextOf(`id-${index}`, index));

describe('checkContexts', () => {
  test('gives the contexts of any iterable in order, as copies that the caller can not change', () => {
    const contexts = contextsOf(3, 1, 2);
    const given = checkContexts(new Set(contexts));
    expect(given).toEqual(contexts);
    expect(given.map((context, position) => context === contexts[position])).toEqual([false, false, false]);
    expect(checkContexts([])).toEqual([]);
  });

  test.each(['', undefined, null, 5, {}])('state id %o is refused', (stateId) => {
    expect(() => checkContexts([contextOf(stateId, 0)])).toThrow(TypeError);
    expect(() => checkContexts([contextOf(stateId, 0)])).toThrow(
      /^Cannot execute batch as 'stateId' must be a non-empty string: received /,
    );
  });

  test.each([-1, 1.5, NaN, Infinity, 2 ** 53, '0', null, undefined])(
    'row index %o is refused',
    (rowIndex) => {
      expect(() => checkContexts([contextOf('a', rowIndex)])).toThrow(TypeError);
      expect(() => checkContexts([contextOf('a', rowIndex)])).toThrow(
        /^Cannot execute batch as 'rowIndex' must be a whole number from 0: received /,
      );
    },
  );

  test('row index 0 and the largest whole number are taken', () => {
    expect(checkContexts([contextOf('a', 0), contextOf('b', Number.MAX_SAFE_INTEGER)])).toHaveLength(2);
  });

  test.each([null, undefined, 5, {}])('contexts that are %o are refused', (contexts) => {
    expect(() => checkContexts(contexts as never)).toThrow(
      /^Cannot read rows as they are not iterable: received /,
    );
  });

  test('a state id or an index that is used twice is refused by name', () => {
    expect(() => checkContexts([contextOf('a', 0), contextOf('b', 1), contextOf('a', 2)])).toThrow(
      new TypeError("Cannot execute batch as stateId 'a' is used twice in the batch"),
    );
    expect(() => checkContexts([contextOf('a', 7), contextOf('b', 7)])).toThrow(
      new TypeError('Cannot execute batch as rowIndex 7 is used twice in the batch'),
    );
  });

  test('any indices: taken when all differ, else the first that was there before is named', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 12 }), (indices) => {
        const contexts = indices.map((index, position) => contextOf(`id-${position}`, index));
        const twice = indices.find((index, position) => indices.indexOf(index) < position);
        if (twice === undefined) expect(checkContexts(contexts)).toEqual(contexts);
        else expect(() => checkContexts(contexts)).toThrow(`rowIndex ${twice} is used twice in the batch`);
      }),
      { numRuns: 300 },
    );
  });
});
