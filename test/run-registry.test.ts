import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RowContext } from '../src/index.ts';
import { RunRegistry } from '../src/run-registry.ts';

function contextOf(stateId: unknown, rowIndex: unknown): RowContext<unknown> {
  return { row: null, stateId: stateId as string, rowIndex: rowIndex as number };
}

const contextsOf = (...indices: readonly number[]) => indices.map((index) => contextOf(`id-${index}`, index));
const newRegistry = () => new RunRegistry(() => Promise.resolve(undefined));

describe('RunRegistry.claim', () => {
  test('a later batch of the run can not use an id or an index again; another run can', () => {
    const registry = newRegistry();
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
    const registry = newRegistry();
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
        const registry = newRegistry();
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
        const registry = newRegistry();
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
