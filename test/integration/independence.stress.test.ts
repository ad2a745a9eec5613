// The other variants of the same rows: helpers/runs.ts.
import './independence.test.ts';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { Entry, PooledExecutorOptions } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { collect, essenceOf } from '../helpers/rows.ts';
import failing, { type ScriptedRow } from '../workers/failing-transform.ts';

const SIZES = [
  { poolSize: 1, threads: 1 },
  { poolSize: 4, threads: 1 },
  { poolSize: 4, threads: 4 },
];

const VARIANTS = (['thread', 'process'] as const).flatMap((isolation) =>
  ([1, 5, 'auto'] as const).flatMap((sliceSize) => SIZES.map((size) => ({ isolation, sliceSize, ...size }))),
);

const ONE_BY_ONE = { transform: failing, poolSize: 1, sliceSize: 1 };

const WINDOWS = [1, 7, undefined];

const plan = fc.record({
  refusals: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) }),
  fails: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
});

const workload: fc.Arbitrary<ScriptedRow[]> = fc.array(plan, { maxLength: 40 }).map((plans) =>
  plans.map(({ refusals, fails }, id) => ({
    id,
    refusals,
    ...(fails ? { error: `row ${id} is bad` } : {}),
  })),
);

type Streams = (rows: readonly ScriptedRow[], window: number | undefined) => Promise<Entry<number>[]>;

/** An executor with these options, for streams that are read to their end. */
function streamsOf(
  createExecutor: CreateExecutor,
  options: Pick<PooledExecutorOptions<ScriptedRow, number>, 'transform'>,
): Streams {
  const clock = new FakeClock();
  const executor = createExecutor<ScriptedRow, number>(options, { clock });
  return (rows, window) =>
    clock.runUntil(collect(executor.stream(rows, window === undefined ? {} : { window })));
}

describe('I12 any rows give the same results as one by one in-process', () => {
  test.for(VARIANTS)(
    '$isolation, poolSize $poolSize, threads $threads, sliceSize $sliceSize, any window',
    async (variant, { createExecutor }) => {
      const plainest = streamsOf(createExecutor, ONE_BY_ONE);
      const streams = streamsOf(createExecutor, { transform: workerUrl('failing-transform.ts'), ...variant });
      await fc.assert(
        fc.asyncProperty(workload, fc.constantFrom(...WINDOWS), async (rows, window) => {
          expect(essenceOf(await streams(rows, window))).toEqual(essenceOf(await plainest(rows, undefined)));
        }),
        { numRuns: 10 },
      );
    },
  );
});
