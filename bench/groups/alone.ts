import { Comparison } from '../contenders/comparison.ts';
import type { Contender } from '../contenders/contender.ts';
import { plainLoop } from '../contenders/plain-loop.ts';
import { oursMap, oursStream } from '../contenders/pooled-executor.ts';
import { count, ratio, withRange } from '../format.ts';
import { atLeast } from '../goals.ts';
import type { Group } from '../group.ts';
import { measureRounds, withContenders } from '../rounds.ts';
import { makeWorkload } from '../rows.ts';

const POINTS = [5, 20, 100, 1000] as const;
const GOALS = [
  { microseconds: 20, least: 1.5 },
  { microseconds: 100, least: 1.8 },
  { microseconds: 1000, least: 1.9 },
] as const;
const OURS: readonly Contender[] = [oursMap, oursStream];
const MOST_ROWS = 200_000;

export const alone: Group = {
  name: 'alone',
  title: 'Alone: against a plain loop, with no other pool in the process',
  about:
    'Rows per second relative to a plain loop, as in the group grain, but in a process that has loaded no peers: what a ' +
    'user of this executor alone sees. The runs are longer than in that group.',
  obstacles:
    'See the group grain: what the executor does for each row and each slice takes CPU time that rows do not get.',
  run: async ({ settings, bytesPerMicrosecond, say }) => {
    const comparisons = await withContenders([...OURS, plainLoop], settings.threads, async (entrants) => {
      const measured: Comparison[] = [];
      for (const microseconds of POINTS) {
        say(`${microseconds} µs per row`);
        const rows = Math.ceil((settings.runMs * 1000 * settings.threads) / microseconds);
        const workload = makeWorkload(
          Math.min(MOST_ROWS, rows),
          Math.round(microseconds * bytesPerMicrosecond),
        );
        measured.push(new Comparison(await measureRounds(entrants, workload, settings)));
      }
      return measured;
    });
    const goals = GOALS.map(({ microseconds, least }) => {
      const comparison = comparisons[POINTS.indexOf(microseconds)];
      if (comparison === undefined) throw new Error(`Cannot judge ${microseconds} µs as it was not measured`);
      const figure = `map: speed-up over a plain loop at ${count(microseconds)} µs per row`;
      return atLeast(figure, least, comparison.ratio(oursMap, plainLoop));
    });
    return {
      goals,
      tables: [
        {
          caption: 'Rows per second relative to a plain loop, by work per row',
          columns: ['', ...POINTS.map((microseconds) => `${microseconds} µs`)],
          lines: OURS.map((contender) => [
            contender.name,
            ...comparisons.map((comparison) => withRange(comparison.ratio(contender, plainLoop), ratio)),
          ]),
        },
      ],
      figures: {
        points: POINTS.map((microseconds, point) => ({
          microseconds,
          contenders: comparisons[point]?.figures() ?? [],
        })),
      },
    };
  },
};
