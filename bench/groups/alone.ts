import { Comparison } from '../contenders/comparison.ts';
import type { Contender } from '../contenders/contender.ts';
import { plainLoop } from '../contenders/plain-loop.ts';
import { oursMap, oursStream } from '../contenders/pooled-executor.ts';
import { ratio, withRange } from '../format.ts';
import { speedUpGoals } from '../goals.ts';
import type { Group } from '../group.ts';
import { measureRounds, withContenders } from '../rounds.ts';
import { makeWorkload } from '../rows.ts';

const POINTS = [5, 20, 100, 1000] as const;
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
    return {
      goals: speedUpGoals((microseconds) =>
        comparisons[POINTS.findIndex((point) => point === microseconds)]?.ratio(oursMap, plainLoop),
      ),
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
