import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RowContext } from '../src/index.ts';
import { checkContexts, RunRegistry } from '../src/row-identities.ts';

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

describe('RunRegistry.claim', () => {
  test('a later batch of the run can not use an id or an index again; another run can', () => {
    const registry = new RunRegistry();
    registry.claim('run', contextsOf(0, 1));
    expect(() => {
      registry.claim('run', [contextOf('id-1', 5)]);
    }).toThrow(new TypeError("Cannot execute batch as stateId 'id-1' is used twice in run 'run'"));
    expect(() => {
      registry.claim('run', [contextOf('other', 1)]);
    }).toThrow(new TypeError("Cannot execute batch as rowIndex 1 is used twice in run 'run'"));
    registry.claim('other run', contextsOf(0, 1));
    registry.claim('run', contextsOf(2, 3));
  });

  test('a batch that is refused has taken nothing', () => {
    const registry = new RunRegistry();
    registry.claim('run', contextsOf(5));
    expect(() => {
      registry.claim('run', contextsOf(6, 7, 5));
    }).toThrow(TypeError);
    registry.claim('run', contextsOf(6, 7));
    expect(() => {
      registry.claim('run', [...contextsOf(8, 9), contextOf('id-5', 10)]);
    }).toThrow(TypeError);
    registry.claim('run', contextsOf(8, 9));
  });

  test('any batches of two runs agree with plain lists', () => {
    const batch = fc.record({
      run: fc.constantFrom('a', 'b'),
      indices: fc.uniqueArray(fc.nat(20), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 12 }), (batches) => {
        const registry = new RunRegistry();
        const used: Record<string, number[]> = { a: [], b: [] };
        for (const { run, indices } of batches) {
          const claim = () => {
            registry.claim(run, contextsOf(...indices));
          };
          if (indices.some((index) => used[run]!.includes(index)))
            expect(claim).toThrow(`is used twice in run '${run}'`);
          else {
            claim();
            used[run]!.push(...indices);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('any indices, with ids that never clash: those that were used are known, in whatever order they came', () => {
    const batch = fc.uniqueArray(fc.nat(20), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 10 }), (batches) => {
        const registry = new RunRegistry();
        const used: number[] = [];
        let id = 0;
        for (const indices of batches) {
          const claim = () => {
            registry.claim(
              'run',
              indices.map((index) => contextOf(`id-${id++}`, index)),
            );
          };
          const twice = indices.find((index) => used.includes(index));
          if (twice !== undefined) expect(claim).toThrow(`rowIndex ${twice} is used twice in run 'run'`);
          else {
            claim();
            used.push(...indices);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
