import { ratio, withRange } from '../format.ts';
import { atMost } from '../goals.ts';
import type { Group } from '../group.ts';
import { measureProcess } from '../measure-process.ts';
import { ratiosPerRound, summarise } from '../summary.ts';
import { takeTurns } from '../turns.ts';

/** A process measures one start. */
const STARTS_PER_ROUND = 3;

export const start: Group = {
  name: 'start',
  title: 'Start: from a new executor to its first result',
  about:
    'Time from the constructor to the first result of a transform that does nothing, threads and transform loaded ' +
    'meanwhile; each start in a process of its own. The modules of the package and of piscina are loaded before the ' +
    'clock starts.',
  obstacles:
    'Beside the transform and what piscina loads, a thread loads 36 modules of this package and notes which globals there are, while ' +
    'the other thread does the same. Tried: these modules bundled into one file, which saves 10 to 17% of the time (not kept: stacks ' +
    'of row errors are told from the package by the names of its files, and the package would be built in one more step).',
  run: async ({ settings, say }) => {
    const { quick, rounds, threads } = settings;
    say('processes of their own');
    const first = (contender: string) => async () =>
      (await measureProcess('first-result.ts', [contender, String(threads)])) as number;
    const { ours, piscina } = await takeTurns(
      { ours: first('ours'), piscina: first('piscina') },
      quick ? rounds : rounds * STARTS_PER_ROUND,
    );
    const against = summarise(ratiosPerRound(ours, piscina));
    return {
      goals: [atMost('time to the first result against bare piscina', 1.3, against)],
      tables: [
        {
          caption: 'Time to the first result',
          columns: ['', 'ms'],
          lines: [
            ['pooled-executor', withRange(summarise(ours), ratio)],
            ['piscina', withRange(summarise(piscina), ratio)],
          ],
        },
      ],
      figures: { oursMs: summarise(ours), piscinaMs: summarise(piscina), against },
    };
  },
};
