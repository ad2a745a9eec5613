import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type Entry, type PooledExecutorOptions } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { collect, contextsOf, essenceOf, range } from '../helpers/rows.ts';
import { isStress, ISOLATIONS, runs } from '../helpers/runs.ts';
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

const plan = fc.record({
  refusals: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) }),
  fails: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
});

const workload: fc.Arbitrary<ScriptedRow[]> = fc.array(plan, { maxLength: 40, size: 'max' }).map((plans) =>
  plans.map(({ refusals, fails }, id) => ({
    id,
    refusals,
    ...(fails ? { error: `row ${id} is bad` } : {}),
  })),
);

type Variant = [name: string, options: PooledExecutorOptions<ScriptedRow, number>];

const SLICE_SIZES = [1, 5, 'auto'] as const;
const SIZES = isStress
  ? [
      { poolSize: 1, threads: 1 },
      { poolSize: 4, threads: 1 },
      { poolSize: 4, threads: 4 },
    ]
  : [{ poolSize: 4, threads: 1 }];

const IN_PROCESS: Variant[] = [1, 4].flatMap((poolSize) =>
  SLICE_SIZES.map((sliceSize): Variant => [
    `in-process, poolSize ${poolSize}, sliceSize ${sliceSize}`,
    { transform: failing, poolSize, sliceSize },
  ]),
);

const IN_WORKERS: Variant[] = ISOLATIONS.flatMap((isolation) =>
  SIZES.flatMap(({ poolSize, threads }) =>
    (isStress ? SLICE_SIZES : ([5, 'auto'] as const)).map((sliceSize): Variant => [
      `${isolation}, poolSize ${poolSize}, threads ${threads}, sliceSize ${sliceSize}`,
      { transform: workerUrl('failing-transform.ts'), isolation, poolSize, threads, sliceSize },
    ]),
  ),
);

const PLAINEST: Variant[1] = { transform: failing, poolSize: 1, sliceSize: 1 };
const WINDOWS = [1, 7, undefined];

type Streams = (rows: readonly ScriptedRow[], window: number | undefined) => Promise<Entry<number>[]>;

/** An executor with these options, for streams that are read to their end. */
function streamsOf(createExecutor: CreateExecutor, options: Variant[1]): Streams {
  const clock = new FakeClock();
  const executor = createExecutor<ScriptedRow, number>(options, { clock });
  return (rows, window) =>
    clock.runUntil(collect(executor.stream(rows, window === undefined ? {} : { window })));
}

/** All variants draw the same workloads; on failure, fast-check says it. */
const SEED = Math.floor(Math.random() * 2 ** 31);

describe('I12 any rows give the same results as one by one in-process', () => {
  test.for([...IN_PROCESS, ...IN_WORKERS])('%s, any window', async ([, options], { createExecutor }) => {
    const plainest = streamsOf(createExecutor, PLAINEST);
    const streams = streamsOf(createExecutor, options);
    await fc.assert(
      fc.asyncProperty(workload, async (rows) => {
        const expected = essenceOf(await plainest(rows, undefined));
        for (const window of WINDOWS) {
          expect(essenceOf(await streams(rows, window)), `window ${window ?? 'by default'}`).toEqual(
            expected,
          );
        }
      }),
      { seed: SEED, numRuns: runs(2, 8) },
    );
  });
});
