import { Comparison } from '../contenders/comparison.ts';
import type { Contender } from '../contenders/contender.ts';
import { oursMap, oursStream } from '../contenders/pooled-executor.ts';
import { recordedMap, recordedStream } from '../contenders/recorded.ts';
import { count, rate, ratio, withRange } from '../format.ts';
import type { Goal, Group, Table } from '../group.ts';
import { measureRounds, withContenders } from '../rounds.ts';
import { makeWorkload } from '../rows.ts';
import { summarise } from '../summary.ts';

/** What is left of the throughput, at least, by work per row in µs; with nothing to do only rows per second count. */
const POINTS = [
  { microseconds: 0, atLeast: undefined },
  { microseconds: 100, atLeast: 0.85 },
  { microseconds: 1000, atLeast: 0.95 },
] as const;
const PAIRS = [
  { plain: oursMap, recorded: recordedMap },
  { plain: oursStream, recorded: recordedStream },
] as const;
const MOST_ROWS = 200_000;
const ROWS_PER_SECOND = 100_000;

interface Point {
  readonly microseconds: number;
  readonly atLeast: number | undefined;
  readonly comparison: Comparison;
}

export const audit: Group = {
  name: 'audit',
  title: 'Audit: what the record costs',
  about:
    'The same rows with and without a SqliteAuditTrail in the folder for temporary files: for each row its request, its ' +
    'attempt with the response and its entry are on the disk before the row is given out.',
  obstacles:
    'The trail is a third thread that works: some 6 to 7 µs of CPU time per row (the text of the blocks, SHA-256 over it, SQLite), and the main thread takes 2 to 3 more. On two cores that comes out of ' +
    "the rows' time, and where the host takes cores away, as the ranges show, out of much of it. Tried without gain: pages of 16, 32 and 64 kB, commits that are not synced (for measuring only).",
  run: async ({ settings, bytesPerMicrosecond, say }) => {
    const contenders = PAIRS.flatMap(({ plain, recorded }) => [plain, recorded]);
    const points = await withContenders(contenders, settings.threads, async (entrants) => {
      const measured: Point[] = [];
      for (const { microseconds, atLeast } of POINTS) {
        say(`${microseconds} µs per row`);
        const rows = Math.ceil((settings.runMs * 1000 * settings.threads) / Math.max(1, microseconds));
        const workload = makeWorkload(
          Math.min(MOST_ROWS, rows),
          Math.round(microseconds * bytesPerMicrosecond),
        );
        const comparison = new Comparison(await measureRounds(entrants, workload, settings));
        measured.push({ microseconds, atLeast, comparison });
      }
      return measured;
    });
    return {
      goals: points.flatMap(goalsOf),
      tables: [tableOf(points)],
      figures: {
        points: points.map(({ microseconds, comparison }) => ({
          microseconds,
          contenders: comparison.figures(),
        })),
      },
    };
  },
};

function goalsOf({ microseconds, atLeast, comparison }: Point): Goal[] {
  return PAIRS.map(({ plain, recorded }) => {
    if (atLeast === undefined) return rowsPerSecondGoal(recorded, comparison);
    const left = comparison.ratio(recorded, plain);
    return {
      figure: `${recorded.name}: rows/s against without a trail at ${count(microseconds)} µs per row`,
      goal: `≥ ${atLeast}`,
      measured: withRange(left, ratio),
      reached: left.median >= atLeast,
    };
  });
}

function rowsPerSecondGoal(recorded: Contender, comparison: Comparison): Goal {
  const measured = summarise(comparison.of(recorded).rowsPerSecond);
  return {
    figure: `${recorded.name}: rows/s with a transform that does nothing`,
    goal: `≥ ${count(ROWS_PER_SECOND)}`,
    measured: withRange(measured, rate),
    reached: measured.median >= ROWS_PER_SECOND,
  };
}

function tableOf(points: readonly Point[]): Table {
  return {
    caption: 'Rows per second, and CPU time of all threads in µs per row, by work per row',
    columns: ['', ...points.flatMap(({ microseconds }) => [`${count(microseconds)} µs`, 'CPU µs'])],
    lines: PAIRS.flatMap(({ plain, recorded }) => [plain, recorded]).map((contender) => [
      contender.name,
      ...points.flatMap(({ comparison }) => {
        const { rowsPerSecond, cpuPerRow } = comparison.of(contender);
        return [withRange(summarise(rowsPerSecond), rate), ratio(summarise(cpuPerRow).median)];
      }),
    ]),
  };
}
