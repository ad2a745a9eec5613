import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RowContext, RunHistory } from '../src/index.ts';
import { RunRegistry } from '../src/run-registry.ts';
import { isSettled } from './helpers/event-loop.ts';

function contextOf(stateId: unknown, rowIndex: unknown): RowContext<unknown> {
  return { row: null, stateId: stateId as string, rowIndex: rowIndex as number };
}

const contextsOf = (...indices: readonly number[]) => indices.map((index) => contextOf(`id-${index}`, index));
const newRegistry = () => new RunRegistry(() => Promise.resolve(undefined));

const REMEDY =
  'batches of one executor with the same runId are parts of one run; to continue the run or to retry its failed rows, use a new executor';

describe('RunRegistry.claim', () => {
  test('a later batch of the run can not use an id or an index again; another run can', () => {
    const registry = newRegistry();
    registry.claim('run', contextsOf(0, 1));
    expect(() => {
      registry.claim('run', [contextOf('id-1', 5)]);
    }).toThrow(
      new TypeError(
        `Cannot execute batch as stateId 'id-1' is used twice in run 'run', whose batches must share no rows: ${REMEDY}`,
      ),
    );
    expect(() => {
      registry.claim('run', [contextOf('other', 1)]);
    }).toThrow(
      new TypeError(
        `Cannot execute batch as rowIndex 1 is used twice in run 'run', whose batches must share no rows: ${REMEDY}`,
      ),
    );
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

describe('RunRegistry.claim, rows that have no ids of their own', () => {
  const generated = (...indices: readonly number[]) =>
    indices.map((index) => contextOf(`row-${index}`, index));

  test('any batches, with some ids of their own among them, agree with plain lists', () => {
    const row = fc.record({ index: fc.nat(8), named: fc.nat(9), isNamed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const registry = newRegistry();
        const [ids, indices] = [new Set<string>(), new Set<number>()];
        for (const { index, named, isNamed } of rows) {
          const context = contextOf(isNamed ? `row-${named}` : `row-${index}`, index);
          const claim = () => {
            registry.claim('run', [context]);
          };
          if (ids.has(context.stateId) || indices.has(index)) {
            expect(claim).toThrow('is used twice');
          } else {
            claim();
            ids.add(context.stateId);
            indices.add(index);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test.for(['row-', 'row-01', 'row-1.0', 'row-1.5', 'row-NaN', 'row-x', 'row--1', 'Row-1', 'row-1 '])(
    '%s is none of theirs',
    (id) => {
      const registry = newRegistry();
      registry.claim('run', generated(0, 1, 2));
      const claim = () => {
        registry.claim('run', [contextOf(id, 7)]);
      };
      expect(claim).not.toThrow();
      expect(claim).toThrow(`stateId '${id}' is used twice`);
    },
  );
});

describe('RunRegistry.enter', () => {
  const history = { runId: 'run' } as RunHistory;

  test('the first batch is given what is on record, later ones nothing', async () => {
    const registry = new RunRegistry(() => Promise.resolve(history));
    const given = (found: RunHistory | undefined) => Promise.resolve(found);
    expect(await registry.enter('run', given)).toBe(history);
    expect(await registry.enter('run', given)).toBeUndefined();
    expect(await registry.enter('other', given)).toBe(history);
  });

  test('a second batch waits until the first has begun, and is the first when that fails', async () => {
    const registry = new RunRegistry(() => Promise.resolve(history));
    const first = Promise.withResolvers<string>();
    const begun = registry.enter('run', () => first.promise);
    const second = registry.enter('run', (found) => Promise.resolve(found));
    expect(await isSettled(second)).toBe(false);
    first.reject(new Error('drift'));
    await expect(begun).rejects.toThrow('drift');
    expect(await second).toBe(history);
  });

  test('a record that can not be read fails the batch, and the next one reads it again', async () => {
    const reads = [Promise.reject(new Error('no such table')), Promise.resolve(history)];
    const registry = new RunRegistry(() => reads.shift() ?? Promise.resolve(undefined));
    await expect(registry.enter('run', () => Promise.resolve())).rejects.toThrow('no such table');
    expect(await registry.enter('run', (found) => Promise.resolve(found))).toBe(history);
  });
});
