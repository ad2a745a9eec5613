import fc from 'fast-check';
import { afterEach, describe, expect, vi } from 'vitest';
import type { Entry } from '../../src/index.ts';
import { bothEngines } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { runs } from '../helpers/runs.ts';
import identity from '../workers/identity-transform.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(bothEngines('identity-transform.ts', identity))('$name', ({ transform }) => {
  test('state ids of any length and any text, indices in any order: each row keeps its own', async ({
    createExecutor,
  }) => {
    const executor = createExecutor({ transform, poolSize: 2 });
    const stateId = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ minLength: 1 }),
      // halves of pairs, ends of lines, what JSON or SQL might misread
      fc.constantFrom(
        '\ud800',
        '\udc00\ud800',
        '\0',
        '\u2028',
        '"',
        '\\',
        "'; --",
        '__proto__',
        'constructor',
        ' ',
      ),
      fc.nat(runs(20_000, 200_000)).map((length) => 'é'.repeat(length + 1)),
    );
    const identities = fc.uniqueArray(fc.record({ stateId, rowIndex: fc.maxSafeNat() }), {
      comparator: (a, b) => a.stateId === b.stateId || a.rowIndex === b.rowIndex,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(identities, async (given) => {
        const contexts = given.map((row) => ({ row: null, ...row }));
        const { entries } = await executor.executeBatch(contexts);
        expect(entries.map(({ stateId: id, rowIndex }) => ({ stateId: id, rowIndex }))).toEqual(given);
        expect(outputsOf(entries)).toEqual(given);
      }),
      { numRuns: runs(5, 100) },
    );
  });

  test('the wall clock is set back: times go on from the ones before', async ({ createExecutor }) => {
    const executor = createExecutor({ transform, poolSize: 2 });
    const { entries: before } = await executor.executeBatch(contextsOf(range(20)));
    vi.spyOn(Date, 'now').mockReturnValue(0);
    const { entries: after } = await executor.executeBatch(contextsOf(range(20)));
    const latest = Math.max(...before.map(({ completedAt }) => completedAt));
    for (const entry of [...before, ...after]) expectOrdered(entry);
    for (const { submittedAt } of after) expect(submittedAt).toBeGreaterThanOrEqual(latest);
  });
});

function expectOrdered({ submittedAt, completedAt, bufferWaitMs }: Entry<unknown>): void {
  expect(completedAt).toBeGreaterThanOrEqual(submittedAt);
  expect(bufferWaitMs).toBeGreaterThanOrEqual(0);
}

test('all events at one instant: order, entries and figures are as ever', async ({ createExecutor }) => {
  const clock = new FakeClock(); // nobody lets its time pass
  const executor = createExecutor({ transform: (row: number) => row, poolSize: 3, sliceSize: 4 }, { clock });
  const rates: number[] = [];
  const { entries } = await executor.executeBatch(contextsOf(range(100)), {
    onProgress: ({ rowsPerSecond }) => rates.push(rowsPerSecond),
  });
  expect(outputsOf(entries)).toEqual(range(100));
  expect(new Set(entries.flatMap(({ submittedAt, completedAt }) => [submittedAt, completedAt])).size).toBe(1);
  expect(entries.map(({ bufferWaitMs }) => bufferWaitMs)).toEqual(range(100).map(() => 0));
  expect(rates.length).toBeGreaterThan(0);
  expect(rates.every(Number.isFinite)).toBe(true);
});
