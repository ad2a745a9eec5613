import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type PooledExecutor, type RowErrorCode } from '../../src/index.ts';
import { bothEngines } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { codesOf, contextsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { recordsOf } from '../helpers/trails.ts';
import pattern, { type PatternRow, type PlannedOutcome } from '../workers/pattern-transform.ts';

const MAX_ROW_CRASHES = 2;
const ALL_POOL_SIZES = range(10).map((index) => index + 1);

/** What a row's plan means: its result, and what led there. */
interface Expected {
  readonly code: RowErrorCode | 'ok';
  readonly attempts: number;
  readonly refusals: number;
}

function expectedOf({ outcomes }: PatternRow): Expected {
  let crashes = 0;
  let refusals = 0;
  for (const [index, outcome] of outcomes.entries()) {
    const attempts = index + 1;
    if (outcome === 'ok') return { code: 'ok', attempts, refusals };
    if (outcome === 'error') return { code: 'transform_error', attempts, refusals };
    if (outcome === 'capacity') refusals++;
    else if (++crashes === MAX_ROW_CRASHES) return { code: 'worker_lost', attempts, refusals };
  }
  return { code: 'ok', attempts: outcomes.length + 1, refusals };
}

function rowsOf(
  outcome: fc.Arbitrary<PlannedOutcome>,
  { maxRows, maxOutcomes }: { readonly maxRows: number; readonly maxOutcomes: number },
): fc.Arbitrary<PatternRow[]> {
  const calm = fc.constant<PlannedOutcome[]>([]);
  const outcomes = fc.oneof(calm, fc.array(outcome, { maxLength: maxOutcomes }));
  return fc
    .array(outcomes, { maxLength: maxRows })
    .map((plans) => plans.map((plan, id) => ({ id, outcomes: plan })));
}

const ENGINES = bothEngines<PatternRow, number>('pattern-transform.ts', pattern);
const CASES = ENGINES.flatMap((engine) =>
  ([1, 'auto'] as const).map((sliceSize) => ({ ...engine, sliceSize })),
);

export interface Amount {
  /** How many batches of any size. */
  readonly sizes: number;
  /** With these pool sizes in threads, as each is an executor that starts some; in-process with all of 1 to 10. */
  readonly poolSizesInThreads: readonly number[];
  /** How many batches with any plan of how attempts end. */
  readonly plans: number;
}

/** Describes properties of batches of any size, and under any plan of how attempts end. */
export function describePatterns({ sizes, poolSizesInThreads, plans }: Amount): void {
  describe.each(CASES)('any batch, $name, sliceSize $sliceSize', ({ name, transform, sliceSize }) => {
    test('0 to 200 rows: one entry per row, in order, I1 and I2', async ({ createExecutor }) => {
      const stage = new Stage();
      const executors = new Map<number, PooledExecutor<PatternRow, number>>();
      const executorOf = (poolSize: number) => {
        const executor =
          executors.get(poolSize) ??
          createExecutor<PatternRow, number>({
            transform,
            poolSize,
            sliceSize,
            workerData: { stage: stage.buffer },
            ...(name === 'threads' ? { threads: Math.min(poolSize, 2) } : {}),
          });
        executors.set(poolSize, executor);
        return executor;
      };
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 200 }),
          fc.constantFrom(...(name === 'threads' ? poolSizesInThreads : ALL_POOL_SIZES)),
          fc.boolean(),
          async (count, poolSize, waits) => {
            stage.reset();
            const rows = range(count).map((id) => ({ id, outcomes: [], waits }));
            const batch = executorOf(poolSize).executeBatch(contextsOf(rows));
            const mostAtOnce = Math.min(count, poolSize);
            if (waits) await stage.started(...range(sliceSize === 1 ? mostAtOnce : Math.min(count, 1)));
            stage.open(...range(count));
            const { entries, stats } = await batch;
            expect(
              entries.map(({ rowIndex, stateId, submitIndex, result }) => ({
                rowIndex,
                stateId,
                submitIndex,
                result,
              })),
            ).toEqual(
              rows.map(({ id }) => ({
                rowIndex: id,
                stateId: `row-${id}`,
                submitIndex: id,
                result: { status: 'success', value: id * 10 },
              })),
            );
            expect(stage.highest, 'I2: rows at once').toBeLessThanOrEqual(poolSize);
            expect(stats.maxConcurrentReached, 'I2: rows at once, counted').toBeLessThanOrEqual(poolSize);
            if (waits && sliceSize === 1) {
              expect(stage.highest, 'rows at once').toBe(mostAtOnce);
              expect(stats.maxConcurrentReached, 'rows at once, counted').toBe(mostAtOnce);
            }
            expect(stats).toMatchObject({ submitted: count, successes: count, errors: 0, attempts: count });
          },
        ),
        { numRuns: sizes },
      );
    });

    test('any outcomes of attempts: results, attempts, stats and trail are what they say', async ({
      createExecutor,
    }) => {
      const clock = new FakeClock();
      const audit = new MemoryAuditTrail();
      const executor = createExecutor<PatternRow, number>(
        {
          transform,
          poolSize: 2,
          sliceSize,
          audit,
          maxRowCrashes: MAX_ROW_CRASHES,
          maxCapacityRetryMs: Infinity,
        },
        { clock },
      );
      const outcome = fc.oneof(
        { weight: 30, arbitrary: fc.constantFrom<PlannedOutcome>('capacity', 'capacity', 'error', 'ok') },
        { weight: name === 'threads' ? 1 : 0, arbitrary: fc.constant<PlannedOutcome>('crash') }, // a thread each
      );
      await fc.assert(
        fc.asyncProperty(rowsOf(outcome, { maxRows: 12, maxOutcomes: 5 }), async (rows) => {
          const before = recordsOf(audit, 'attempt').length;
          const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(rows)));
          const expected = rows.map(expectedOf);
          const sum = (of: (row: Expected) => number) => expected.reduce((total, row) => total + of(row), 0);
          expect(codesOf(entries)).toEqual(expected.map(({ code }) => code));
          expect(entries.map(({ attempts }) => attempts)).toEqual(expected.map(({ attempts }) => attempts));
          const recorded = recordsOf(audit, 'attempt').slice(before);
          expect(stats).toMatchObject({
            successes: sum(({ code }) => (code === 'ok' ? 1 : 0)),
            errors: sum(({ code }) => (code === 'ok' ? 0 : 1)),
            attempts: sum(({ attempts }) => attempts),
            capacityRetries: sum(({ refusals }) => refusals),
            totalThrottleTimeMs: recorded.reduce((total, { backoffMs }) => total + backoffMs, 0),
          });
          for (const { id, outcomes } of rows) {
            const own = recorded.filter(({ rowIndex }) => rowIndex === id);
            const { attempts } = expectedOf({ id, outcomes });
            expect(own.map(({ outcome: recordedOutcome }) => recordedOutcome)).toEqual(
              range(attempts).map((index) => RECORDED[outcomes[index] ?? 'ok']),
            );
          }
        }),
        { numRuns: plans },
      );
    });
  });
}

/** How the trail calls them. */
const RECORDED = { ok: 'ok', error: 'failed', capacity: 'capacity', crash: 'lost' } as const;
