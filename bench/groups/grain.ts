import { breakEven } from '../break-even.ts';
import { allContenders } from '../contenders/all-contenders.ts';
import { Comparison } from '../contenders/comparison.ts';
import type { Contender } from '../contenders/contender.ts';
import { piscinaChunks, piscinaRows } from '../contenders/piscina.ts';
import { plainLoop } from '../contenders/plain-loop.ts';
import { oursMap } from '../contenders/pooled-executor.ts';
import { poolifierRows } from '../contenders/poolifier.ts';
import { speedUpChart } from '../curve-chart.ts';
import { count, ratio, withRange } from '../format.ts';
import { atLeast, atMost } from '../goals.ts';
import type { Bench, Goal, Group, Picture, Table } from '../group.ts';
import type { ContenderProcess } from '../contender-process.ts';
import { measureRounds, withContenders } from '../rounds.ts';
import { makeWorkload } from '../rows.ts';
import { summarise, type Summary } from '../summary.ts';

/** Work per row in µs. At `full` points all contenders run; the others place the break-even of the `CURVES`. */
const POINTS = [
  { microseconds: 2, full: false },
  { microseconds: 3, full: false },
  { microseconds: 5, full: true },
  { microseconds: 10, full: false },
  { microseconds: 20, full: true },
  { microseconds: 100, full: true },
  { microseconds: 200, full: false },
  { microseconds: 1000, full: true },
] as const;
const CURVES: readonly Contender[] = [oursMap, piscinaRows, poolifierRows, piscinaChunks];
const MOST_ROWS = 200_000;
/** The speed-up that two threads should reach, by µs of work per row. */
const SPEED_UPS = [
  [20, 1.5],
  [100, 1.8],
  [1_000, 1.9],
] as const;
/** Shorter than elsewhere, which keeps all groups together under ten minutes: there are many points and contenders. */
const RUN_MS = 150;

interface Grain {
  readonly microseconds: number;
  readonly full: boolean;
  readonly comparison: Comparison;
}

interface BreakEven {
  readonly contender: Contender;
  readonly microseconds: Summary;
}

export const grain: Group = {
  name: 'grain',
  title: 'Grain: from how much work per row on threads pay',
  about:
    'Rows per second relative to a plain loop, by the CPU time that a row needs. The work is a checksum over as ' +
    'many bytes as take that time, calibrated at the start. Break-even is the work per row from which on a contender stays ' +
    'faster than the plain loop.',
  obstacles:
    'The ceiling for chunks of 256 rows, in the same run, is bare message ports with chunks made by hand. What lies between that and the executor, in ' +
    'a profile of rows of 100 µs, in shares of all CPU time: the main thread 3.5% (snapshots, results, one message per slice), what a ' +
    'worker notes of each row 3% (clock, place and outcome in shared memory, context), the look-out for changed globals 1%, ' +
    'piscina 1%, compiler and garbage collector 2%. Tried: slices of up ' +
    'to 48 ms instead of 16 (kept: 2% at 1,000 µs), fewer fences per row (kept), no look-out (1 to 3%, not ' +
    "kept: `watchGlobals: 'off'` is there for it).",
  run: async (given) => {
    const runMs = Math.min(RUN_MS, given.settings.runMs);
    const bench = { ...given, settings: { ...given.settings, runMs } };
    const grains = await withContenders(allContenders, bench.settings.threads, (entrants) =>
      measureGrains(entrants, bench),
    );
    const breakEvens = CURVES.map((contender) => breakEvenOf(contender, grains));
    return {
      goals: goalsOf(grains, breakEvens),
      tables: [speedUpTable(grains), breakEvenTable(breakEvens), curveTable(grains)],
      pictures: [pictureOf(grains)],
      figures: {
        grains: grains.map(({ microseconds, comparison }) => ({
          microseconds,
          contenders: comparison.figures(),
        })),
        breakEvens: breakEvens.map(({ contender, microseconds }) => ({
          contender: contender.name,
          microseconds,
        })),
      },
    };
  },
};

async function measureGrains(entrants: readonly ContenderProcess[], bench: Bench): Promise<Grain[]> {
  const { settings, bytesPerMicrosecond, say } = bench;
  const grains: Grain[] = [];
  for (const { microseconds, full } of settings.quick ? POINTS.filter((point) => point.full) : POINTS) {
    say(`${microseconds} µs per row`);
    // the fastest do a run's worth of work on every thread
    const rows = Math.ceil((settings.runMs * 1000 * settings.threads) / microseconds);
    const bytes = Math.round(microseconds * bytesPerMicrosecond);
    const workload = makeWorkload(Math.min(MOST_ROWS, rows), bytes);
    const those = full ? entrants : entrants.filter(({ contender }) => isInCurves(contender));
    const comparison = new Comparison(await measureRounds(those, workload, settings));
    grains.push({ microseconds, full, comparison });
  }
  return grains;
}

function isInCurves(contender: Contender): boolean {
  return contender === plainLoop || CURVES.includes(contender);
}

function breakEvenOf(contender: Contender, grains: readonly Grain[]): BreakEven {
  const curves = grains.map(({ microseconds, comparison }) => ({
    microseconds,
    speedUps: comparison.ratios(contender, plainLoop),
  }));
  const perRound = (curves[0]?.speedUps ?? []).map((_, round) =>
    breakEven(
      curves.map(({ microseconds, speedUps }) => ({ microseconds, speedUp: speedUps[round] as number })),
    ),
  );
  return { contender, microseconds: summarise(perRound) };
}

function speedUpTable(grains: readonly Grain[]): Table {
  const full = grains.filter((point) => point.full);
  return {
    caption: 'Rows per second relative to a plain loop, by work per row',
    columns: ['', ...full.map(({ microseconds }) => `${microseconds} µs`)],
    lines: allContenders
      .filter((contender) => contender !== plainLoop)
      .map((contender) => [
        contender.name,
        ...full.map(({ comparison }) => withRange(comparison.ratio(contender, plainLoop), ratio)),
      ]),
  };
}

function breakEvenTable(breakEvens: readonly BreakEven[]): Table {
  return {
    caption: 'Break-even with a plain loop',
    columns: ['', 'µs of work per row'],
    lines: breakEvens.map(({ contender, microseconds }) => [contender.name, withRange(microseconds, ratio)]),
  };
}

function curveTable(grains: readonly Grain[]): Table {
  return {
    caption: 'Speed-up over a plain loop around the break-even (medians)',
    columns: ['', ...grains.map(({ microseconds }) => `${microseconds} µs`)],
    lines: CURVES.map((contender) => [
      contender.name,
      ...grains.map(({ comparison }) => ratio(comparison.ratio(contender, plainLoop).median)),
    ]),
  };
}

function pictureOf(grains: readonly Grain[]): Picture {
  const caption = 'Speed-up over a plain loop, by work per row';
  const curves = CURVES.map((contender) => ({
    name: contender.name,
    points: grains.map(({ microseconds, comparison }) => ({
      microseconds,
      speedUp: comparison.ratio(contender, plainLoop).median,
    })),
  }));
  return { name: 'grain', caption, svg: speedUpChart(caption, curves) };
}

function goalsOf(grains: readonly Grain[], breakEvens: readonly BreakEven[]): Goal[] {
  const ours = breakEvens.filter(({ contender }) => contender === oursMap);
  return [
    ...ours.map(({ microseconds }) =>
      atMost('break-even with a plain loop, µs of work per row', 4, microseconds),
    ),
    ...SPEED_UPS.map(([microseconds, least]) => {
      const comparison = grains.find((grain) => grain.microseconds === microseconds)?.comparison;
      if (comparison === undefined) throw new Error(`Cannot judge ${microseconds} µs as it was not measured`);
      const figure = `speed-up over a plain loop at ${count(microseconds)} µs per row`;
      return atLeast(figure, least, comparison.ratio(oursMap, plainLoop));
    }),
  ];
}
