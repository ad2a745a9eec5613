import { ratio, withRange } from '../format.ts';
import { atMost } from '../goals.ts';
import type { Group } from '../group.ts';
import { measureProcess } from '../measure-process.ts';
import { ratiosPerRound, summarise } from '../summary.ts';
import { takeTurns } from '../turns.ts';

export const start: Group = {
  name: 'start',
  title: 'Start: from a new executor to its first result',
  about:
    'Time from the constructor to the first result of a transform that does nothing, threads and transform loaded ' +
    'meanwhile; each start in a process of its own. The modules of the package and of piscina are loaded before the ' +
    'clock starts. For its one row this package starts one thread first, and the others when that is ready; piscina starts all at once.',
  obstacles:
    'Without the competition of other threads it still takes longer: a thread spends 6 ms on its 80 kB of this package and 2 ms on noting which globals there are; the way of its ' +
    'readiness to the main thread, and of the first slice back to it, takes 5 ms, through code that runs for the first time on both sides. Tried: all modules of ' +
    'a worker in one file (kept: 5 instead of 18 ms in a thread that runs alone), threads that start before the snapshots of the first batch are taken ' +
    '(kept), no trial of what a look at the globals costs (kept, 2 ms), threads for which there is no row yet started later (kept, 18 ms on 2 cores), no `node:v8` and `node:module` in threads that need neither (kept, 2 ms), a base line of the globals that allocates little ' +
    '(kept, 2 ms and more), a minified worker file (1 ms, not kept), the transform loaded by the other threads ' +
    'only after the first slice was sent (no gain).',
  rounds: { full: 15, quick: 2 }, // a process measures one start
  run: async ({ settings, say }) => {
    const { rounds, threads } = settings;
    say('processes of their own');
    const first = (contender: string) => async () =>
      (await measureProcess('first-result.ts', [contender, String(threads)])) as number;
    const { ours, piscina } = await takeTurns({ ours: first('ours'), piscina: first('piscina') }, rounds);
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
