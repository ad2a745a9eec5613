import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type PooledExecutorOptions } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, contextsOf, essenceOf, range } from '../helpers/rows.ts';
import { isStress } from '../helpers/runs.ts';
import { recordsOf } from '../helpers/trails.ts';
import failing, { type ScriptedRow } from '../workers/failing-transform.ts';

/** Good rows, bad rows, and rows that are refused a few times. */
const ROWS: readonly ScriptedRow[] = range(60).map((id) => ({
  id,
  ...(id % 7 === 3 ? { error: `row ${id} is bad` } : {}),
  ...(id % 11 === 5 ? { refusals: 1 + (id % 3) } : {}),
}));

const VARIANTS: [name: string, options: Partial<PooledExecutorOptions<ScriptedRow, number>>][] = [
  ['sliceSize 7', { sliceSize: 7 }],
  ["sliceSize 'auto'", { sliceSize: 'auto' }],
  ['poolSize 4 on one thread', { poolSize: 4, threads: 1 }],
];

const MORE_VARIANTS: typeof VARIANTS = [
  ['sliceSize 1', { sliceSize: 1 }],
  ['sliceSize 100', { sliceSize: 100 }],
  ['poolSize 1', { poolSize: 1 }],
];

describe('I12 the same rows give the same results', () => {
  const variants = isStress ? [...VARIANTS, ...MORE_VARIANTS] : VARIANTS;
  test.for(variants)('%s in threads, and sliceSize 1 in-process', async ([, variant], { createExecutor }) => {
    const run = async (options: Partial<PooledExecutorOptions<ScriptedRow, number>>) => {
      const clock = new FakeClock();
      const audit = new MemoryAuditTrail();
      const executor = createExecutor<ScriptedRow, number>(
        { transform: workerUrl('failing-transform.ts'), poolSize: 2, sliceSize: 1, audit, ...options },
        { clock },
      );
      const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(ROWS)));
      const attempts = recordsOf(audit, 'attempt')
        .map(({ rowIndex, attempt, outcome }) => ({ rowIndex, attempt, outcome }))
        .toSorted((a, b) => a.rowIndex - b.rowIndex || a.attempt - b.attempt);
      const { submitted, successes, errors, attempts: count, capacityRetries } = stats;
      return {
        entries: essenceOf(entries),
        attempts,
        stats: { submitted, successes, errors, count, capacityRetries },
        requests: recordsOf(audit, 'row').map(({ rowIndex, request, requestSha256 }) => [
          rowIndex,
          request,
          requestSha256,
        ]),
      };
    };
    expect(await run(variant)).toEqual(await run({ transform: failing }));
  });

  test('stream with any window, and executeBatch', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const executor = createExecutor<ScriptedRow, number>(
      { transform: workerUrl('failing-transform.ts'), poolSize: 2 },
      { clock },
    );
    const { entries } = await clock.runUntil(executor.executeBatch(contextsOf(ROWS)));
    for (const window of [1, 2, 13, 1_000]) {
      const streamed = await clock.runUntil(collect(executor.stream(ROWS, { window })));
      expect(essenceOf(streamed), `window ${window}`).toEqual(essenceOf(entries));
    }
  });
});
