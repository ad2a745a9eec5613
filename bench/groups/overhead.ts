import { barChart } from '../bar-chart.ts';
import { allContenders } from '../contenders/all-contenders.ts';
import { Comparison } from '../contenders/comparison.ts';
import type { Contender } from '../contenders/contender.ts';
import { piscinaChunks, piscinaRows } from '../contenders/piscina.ts';
import { plainLoop } from '../contenders/plain-loop.ts';
import { oursMap, oursStream } from '../contenders/pooled-executor.ts';
import { rate } from '../format.ts';
import { atLeast } from '../goals.ts';
import type { Goal, Group, Picture } from '../group.ts';
import { measureRounds, withContenders } from '../rounds.ts';
import { makeWorkload } from '../rows.ts';
import { summarise } from '../summary.ts';

const ROWS = 200_000;

export const overhead: Group = {
  name: 'overhead',
  title: 'Overhead: a transform that does nothing',
  about:
    'Rows per second through a transform that returns its row: what each contender costs. Hand-made chunks are arrays of up ' +
    'to 256 rows in, arrays of outputs out, and nothing else: sent by bare message ports, they are the ceiling for chunks of that size. A ' +
    'plain loop calls the function and moves nothing, so it wins here by far; the group `grain` shows from how much work ' +
    'per row on it loses.',
  obstacles:
    'Chunks made by hand need no order, no snapshot of each row that its caller can not change, no outcome that survives the loss of ' +
    'its thread, no clock, context or error per row; in a profile of the no-op map (`node --cpu-prof`) that is most of what is not ' +
    'message passing. `stream` makes an entry of each row too, which `map` does not. Tried and kept: columns per shape instead of a clone per row, code made per shape, two fences fewer per row. Not kept: an async ' +
    'context per row that is entered from an empty one (a tenth less CPU time), as Node ends the process when a time-out of `vm` fires in it.',
  rounds: { full: 7, quick: 2 }, // runs are short, and a collection of garbage falls into some of them
  run: async ({ settings, say }) => {
    say('no-op');
    const measured = await withContenders(allContenders, settings.threads, (entrants) =>
      measureRounds(entrants, makeWorkload(ROWS, 0), settings),
    );
    const comparison = new Comparison(measured);
    return {
      goals: goalsOf(comparison),
      tables: [comparison.table('No-op transform', { ours: oursMap, loop: plainLoop })],
      pictures: [pictureOf(comparison)],
      figures: { noOp: comparison.figures() },
    };
  },
};

function goalsOf(comparison: Comparison): Goal[] {
  const fastest = comparison.fastestPool();
  const goal = (figure: string, [ours, other]: readonly [Contender, Contender], least: number): Goal =>
    atLeast(figure, least, comparison.ratio(ours, other));
  const byHand = 'no-op rows/s against piscina with chunks of 256 by hand';
  return [
    goal('no-op rows/s against one piscina.run per row', [oursMap, piscinaRows], 20),
    goal(`no-op rows/s against the fastest pool (${fastest.name})`, [oursMap, fastest], 6),
    goal(byHand, [oursMap, piscinaChunks], 0.75),
    goal(`stream: ${byHand}`, [oursStream, piscinaChunks], 0.75),
  ];
}

/** Without the plain loop, beside which nothing else is to be seen. */
function pictureOf({ measured }: Comparison): Picture {
  const caption = 'Rows per second with a transform that does nothing';
  const bars = measured
    .filter(({ contender }) => contender.role !== 'loop')
    .map(({ contender, rowsPerSecond }) => ({ name: contender.name, value: summarise(rowsPerSecond) }));
  return { name: 'overhead', caption, svg: barChart(caption, bars, rate) };
}
