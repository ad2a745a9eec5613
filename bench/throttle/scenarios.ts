import * as figures from './figures.ts';
import {
  ConcurrencyLimit,
  Outage,
  RandomOverload,
  RefusedRow,
  TokenBucket,
  type Limit,
  type Rate,
} from './limits.ts';
import type { Check, Goals, Scenario } from './scenario.ts';
import { LEAST_WAY_MS, MOST_WAY_MS } from './service.ts';

const MS = 100;
const ROUND_TRIP_MS = LEAST_WAY_MS + MOST_WAY_MS;
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const steady = (atMost: number): Check => ({
  name: 'refused after the start',
  measure: figures.steadyRefusedShare,
  atMost,
});
const attemptsPerRow = (atMost: number): Check => ({
  name: 'attempts per row',
  measure: figures.mostAttemptsPerRow,
  atMost,
});
const p99Row = (atMost: number): Check => ({ name: 'p99 row, ms', measure: figures.p99RowMs, atMost });

function bucket(
  [rate, burst]: readonly [number, number],
  more: Pick<Scenario, 'rows' | 'poolSize' | 'goals'> & Partial<Scenario>,
): Scenario {
  const { poolSize, workMs = MS } = more;
  const work = workMs === MS ? '' : `, ${workMs / SECOND} s`;
  return {
    name: `bucket ${rate}/s, burst ${burst}; pool ${poolSize}${work}`,
    workMs: MS,
    makeLimit: () => new TokenBucket(rate, burst),
    ...more,
  };
}

function concurrency(most: number, workMs: number, rows: number, goals: Goals): Scenario {
  return {
    name: `${most} at once; pool 50, ${workMs / SECOND} s`,
    rows,
    poolSize: 50,
    workMs,
    makeLimit: () => new ConcurrencyLimit(most),
    sparesStorms: most > 5,
    goals,
  };
}

function overload(share: number, poolSize: number): Scenario {
  return {
    name: `529 at ${share * 100}%; pool ${poolSize}`,
    rows: 4_000,
    poolSize,
    workMs: MS,
    makeLimit: (dice) => new RandomOverload(share, dice, ROUND_TRIP_MS),
    goals: { goodput: share === 0.5 && poolSize === 2 ? 0.85 : 0.97, refused: share + 0.015 },
    checks: [p99Row(5 * SECOND)],
  };
}

const STEPS: Rate = [
  [0, 20],
  [60 * SECOND, 5],
  [120 * SECOND, 20],
];
/** Above the new rate by no more than what a limit is touched with. */
const DOWN_RATE = 5 * 1.3;
const UP_RATE = 20 * 0.9;

/** The limit falls to a quarter and comes back. */
export const STEP: Scenario = {
  name: 'step 20/5/20 per second, burst 20; pool 10',
  rows: 2_700,
  poolSize: 10,
  workMs: MS,
  makeLimit: () => new TokenBucket(STEPS, 20),
  goals: { goodput: 0.93, refused: 0.045 },
  checks: [
    {
      name: 'down after, s',
      measure: (run) => figures.timeUntilRate(run, 60 * SECOND, ({ sent }) => sent <= DOWN_RATE) / SECOND,
      atMost: 4,
    },
    {
      name: 'up after, s',
      measure: (run) =>
        figures.timeUntilRate(run, 120 * SECOND, ({ accepted }) => accepted >= UP_RATE) / SECOND,
      atMost: 15,
    },
  ],
};

const OUTAGE_FROM = 20 * SECOND;
const OUTAGE_UNTIL = 80 * SECOND;

function outage(poolSize: number, goodput: number, most: { attempts: number; backAfter: number }): Scenario {
  const rate = (poolSize * SECOND) / (MS + ROUND_TRIP_MS);
  return {
    name: `outage of 60 s; pool ${poolSize}`,
    rows: Math.round(80 * rate),
    poolSize,
    workMs: MS,
    makeLimit: () => new Outage(OUTAGE_FROM, OUTAGE_UNTIL),
    goals: { goodput, refused: 0.045 },
    sparesStorms: poolSize > 10,
    checks: [
      {
        name: 'attempts in it',
        measure: (run) => figures.arrivalsWithin(run, OUTAGE_FROM, OUTAGE_UNTIL),
        atMost: most.attempts,
      },
      {
        name: 'first success after, s',
        measure: (run) => (figures.firstSuccessAfter(run, OUTAGE_UNTIL) - OUTAGE_UNTIL) / SECOND,
        atMost: 5.5,
      },
      {
        name: '90% of the rate, s later',
        measure: (run) =>
          figures.timeUntilRate(
            run,
            figures.firstSuccessAfter(run, OUTAGE_UNTIL),
            ({ accepted }) => accepted >= 0.9 * rate,
          ) / SECOND,
        atMost: most.backAfter,
      },
      { name: 'retries in any 100 ms', measure: (run) => figures.mostRetriesWithin(run, 100), atMost: 30 },
    ],
  };
}

/** Nothing is accepted for a minute. */
export const OUTAGE = outage(10, 0.95, { attempts: 35, backAfter: 5 });

const REFUSED_ROW = 7;

const unlimited = (): Limit => new TokenBucket(5_000, 500);

export const SCENARIOS: readonly Scenario[] = [
  bucket([50, 50], {
    rows: 5_000,
    poolSize: 50,
    goals: { goodput: 0.98, refused: 0.035 },
    checks: [steady(0.025), attemptsPerRow(8)],
  }),
  bucket([50, 5], {
    rows: 5_000,
    poolSize: 50,
    goals: { goodput: 0.93, refused: 0.035 },
    sparesStorms: true,
  }),
  bucket([500, 50], {
    rows: 10_000,
    poolSize: 200,
    goals: { goodput: 0.98, refused: 0.03 },
    sparesStorms: true,
  }),
  bucket([5_000, 500], {
    rows: 50_000,
    poolSize: 1_000,
    goals: { goodput: 0.98, refused: 0.03 },
    sparesStorms: true,
  }),
  bucket([5, 5], {
    rows: 2_000,
    poolSize: 10,
    goals: { goodput: 0.98, refused: 0.07 },
    checks: [steady(0.05)],
    sparesStorms: true,
  }),
  bucket([20, 20], {
    rows: 4_000,
    poolSize: 50,
    workMs: SECOND,
    goals: { goodput: 0.96, refused: 0.045 },
    checks: [p99Row(4 * SECOND)],
    sparesStorms: true,
  }),
  {
    name: 'no binding limit; pool 50',
    rows: 8_000,
    poolSize: 50,
    workMs: MS,
    makeLimit: unlimited,
    goals: { goodput: 0.99, refused: 0.003 },
  },
  STEP,
  concurrency(5, MS, 4_000, { goodput: 0.83, refused: 0.045 }),
  concurrency(20, MS, 20_000, { goodput: 0.89, refused: 0.025 }),
  concurrency(20, SECOND, 4_000, { goodput: 0.92, refused: 0.025 }),
  ...[0.01, 0.1, 0.5].flatMap((share) => [2, 10, 50].map((poolSize) => overload(share, poolSize))),
  OUTAGE,
  outage(50, 0.9, { attempts: 120, backAfter: 12 }),
  {
    name: 'outage of 2 h, budget 1 h; pool 10',
    rows: 1_000,
    poolSize: 10,
    workMs: MS,
    makeLimit: () => new Outage(5 * SECOND, 5 * SECOND + 2 * HOUR),
    sparesStorms: true,
    budgetMs: HOUR,
    goals: {},
    checks: [{ name: 'failed rows', measure: ({ failed }) => failed, atMost: 10 }],
  },
  {
    name: 'one row always refused; pool 10',
    rows: 4_000,
    poolSize: 10,
    workMs: MS,
    budgetMs: 60 * SECOND,
    makeLimit: () => new RefusedRow(REFUSED_ROW),
    goals: {},
    checks: [{ name: 'time / time without it', measure: (run) => 1 / figures.goodput(run), atMost: 1.15 }],
  },
  bucket([50, 1], { rows: 3_000, poolSize: 50, goals: {} }),
];
