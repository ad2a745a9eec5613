import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe } from 'vitest';
import { test } from '../helpers/executor-fixture.ts';
import { ScheduledRun, type Plan, type PlannedRow, type PlannedWork } from '../helpers/scheduled-run.ts';

const row: fc.Arbitrary<PlannedRow> = fc.record({
  losses: fc.constant([]),
  refusals: fc.nat({ max: 2 }),
  fails: fc.boolean(),
});

const work: fc.Arbitrary<PlannedWork> = fc.record({
  kind: fc.constantFrom('batch', 'stream'),
  rows: fc.array(row, { maxLength: 5 }),
  aborted: fc.boolean(),
  stopsAfter: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  window: fc.integer({ min: 1, max: 4 }),
});

const anything: Record<keyof Plan, fc.Arbitrary<unknown>> = {
  engine: fc.constant('inline'),
  poolSize: fc.integer({ min: 1, max: 3 }),
  sliceSize: fc.constantFrom(1, 3, 'auto'),
  works: fc.array(work, { minLength: 1, maxLength: 3 }),
  shutdowns: fc.array(fc.boolean(), { maxLength: 2 }),
  trail: fc.constantFrom('none', 'works'),
  breaksAfter: fc.nat({ max: 12 }),
  attemptTimeoutMs: fc.constant(undefined),
  maxCapacityRetryMs: fc.constant(Infinity),
  minDispatchDelayMs: fc.constantFrom(0, 20),
};

function planOf(fixed: Partial<Record<keyof Plan, fc.Arbitrary<unknown>>>): fc.Arbitrary<Plan> {
  return fc.record({ ...anything, ...fixed }) as fc.Arbitrary<Plan>;
}

const calm = work.map((planned) => ({ ...planned, aborted: false, stopsAfter: undefined }));

/** Rows that go smoothly more often than not, so that slices come behind slices. */
const workersRow: fc.Arbitrary<PlannedRow> = fc.record({
  losses: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom('culprit', 'suspect', 'bystander'), { minLength: 1, maxLength: 3 }),
  ),
  refusals: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 2 })),
  fails: fc.boolean(),
});
const workersWork = fc
  .tuple(work, fc.array(workersRow, { maxLength: 16 }))
  .map(([planned, rows]) => ({ ...planned, rows, window: 4 * planned.window }));
const onWorkers = {
  engine: fc.constant('workers'),
  sliceSize: fc.constantFrom(2, 3, 'auto'),
  minDispatchDelayMs: fc.constant(0),
};

const KINDS: readonly (readonly [name: string, plan: fc.Arbitrary<Plan>])[] = [
  [
    'batches and streams, undisturbed',
    planOf({ works: fc.array(calm, { minLength: 1, maxLength: 3 }), shutdowns: fc.constant([]) }),
  ],
  ['aborts and consumers that stop', planOf({ shutdowns: fc.constant([]) })],
  ['one shutdown or two', planOf({ shutdowns: fc.array(fc.boolean(), { minLength: 1, maxLength: 2 }) })],
  ['a trail that breaks', planOf({ trail: fc.constant('breaks') })],
  [
    'attempts that run out of time, and budgets that end',
    planOf({
      attemptTimeoutMs: fc.constantFrom(undefined, 30),
      maxCapacityRetryMs: fc.constantFrom(60, 200, Infinity),
    }),
  ],
  [
    'slices behind slices, and workers that are lost',
    planOf({
      ...onWorkers,
      works: fc.array(
        workersWork.map((planned) => ({ ...planned, aborted: false, stopsAfter: undefined })),
        { minLength: 1, maxLength: 2 },
      ),
      shutdowns: fc.constant([]),
    }),
  ],
  [
    'slices behind slices, aborts and shutdowns',
    planOf({ ...onWorkers, works: fc.array(workersWork, { minLength: 1, maxLength: 2 }) }),
  ],
];

/** So many that the executors of one test, which are checked at its end, are not too many. */
const PER_TEST = 200;

/** Give it to see a failure again. */
const SEED = Number(process.env['SCHEDULES_SEED'] ?? randomInt(2 ** 31));

/**
 * Describes the search for a schedule that breaks something, under so many schedules of all kinds together, after so many
 * that are tried elsewhere.
 */
export function describeSchedules(schedules: number, before = 0): void {
  describe(`PooledExecutor: I1 to I11 hold and everything settles, whatever happens first; SCHEDULES_SEED=${SEED}`, () => {
    for (let number = Math.ceil(before / PER_TEST); number * PER_TEST < before + schedules; number++) {
      const [name, plan] = KINDS[number % KINDS.length]!;
      test(`${name} (${number})`, async ({ createExecutor }) => {
        await fc.assert(
          fc.asyncProperty(plan, fc.scheduler(), async (planned, scheduler) => {
            await new ScheduledRun(planned, scheduler, createExecutor).run();
          }),
          { numRuns: PER_TEST, seed: (SEED + number) | 0 },
        );
      });
    }
  });
}
