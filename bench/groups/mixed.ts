import { barChart } from '../bar-chart.ts';
import { Comparison } from '../contenders/comparison.ts';
import type { Contender } from '../contenders/contender.ts';
import { piscinaChunks, piscinaRows } from '../contenders/piscina.ts';
import { plainLoop } from '../contenders/plain-loop.ts';
import { oursMap, oursStream } from '../contenders/pooled-executor.ts';
import { rate, ratio, withRange } from '../format.ts';
import { atLeast } from '../goals.ts';
import type { Group } from '../group.ts';
import { measureRounds, withContenders } from '../rounds.ts';
import { workloadOf } from '../rows.ts';
import { summarise, type Summary } from '../summary.ts';

const ROW_MICROSECONDS = 100;
/** One row in so many takes so many times as long. */
const LONG_ROW = 100;
const ROWS = { full: 4_000, quick: 400 };
const PICTURE = 'Mixed rows: share of the best possible schedule';
const CONTENDERS: readonly Contender[] = [oursMap, oursStream, piscinaRows, piscinaChunks];

export const mixed: Group = {
  name: 'mixed',
  title: 'Mixed: one row in a hundred takes a hundred times as long',
  about:
    `Rows of ${ROW_MICROSECONDS} µs of CPU work, every ${LONG_ROW}th of ${(ROW_MICROSECONDS * LONG_ROW) / 1000} ms. The best ` +
    'possible schedule keeps all threads busy from the first row to the last: the time of the plain loop in the same round, ' +
    'divided by the threads.',
  obstacles:
    'The best schedule has neither a last row nor any costs. A row of 10 ms that comes late leaves the other thread idle for up to ' +
    '2.5% of the run, and each row costs some 4 to 8 µs of CPU time (see grain), which chunks made by ' +
    'hand do not have. Tried: slices cut smaller towards the end of a batch (kept), slices that go back to ' +
    'the queue when the other thread is idle (kept).',
  run: async ({ settings, bytesPerMicrosecond, say }) => {
    const bytes = Math.round(ROW_MICROSECONDS * bytesPerMicrosecond);
    const count = settings.quick ? ROWS.quick : ROWS.full;
    const works = new Int32Array(count).map((_, id) =>
      id % LONG_ROW === LONG_ROW - 1 ? bytes * LONG_ROW : bytes,
    );
    say(`${count} rows`);
    const measured = await withContenders([...CONTENDERS, plainLoop], settings.threads, (entrants) =>
      // everybody runs all rows, as the mix counts
      measureRounds(entrants, workloadOf(works), { ...settings, runMs: Infinity }),
    );
    const comparison = new Comparison(measured);
    const ofBest = (contender: Contender): Summary =>
      summarise(comparison.ratios(contender, plainLoop).map((speedUp) => speedUp / settings.threads));
    return {
      goals: [oursMap, oursStream].map((contender) =>
        atLeast(`${contender.name}: mixed rows, against the best possible schedule`, 0.9, ofBest(contender)),
      ),
      tables: [
        {
          caption: 'Mixed rows',
          columns: ['', 'rows/s', 'of the best possible schedule'],
          lines: CONTENDERS.map((contender) => [
            contender.name,
            withRange(summarise(comparison.of(contender).rowsPerSecond), rate),
            withRange(ofBest(contender), ratio),
          ]),
        },
      ],
      pictures: [
        {
          name: 'mixed',
          caption: PICTURE,
          svg: barChart(
            PICTURE,
            CONTENDERS.map((contender) => ({ name: contender.name, value: ofBest(contender) })),
            ratio,
          ),
        },
      ],
      figures: {
        rowMicroseconds: ROW_MICROSECONDS,
        contenders: comparison.figures(),
        ofBestSchedule: CONTENDERS.map((contender) => ({
          contender: contender.name,
          ratio: ofBest(contender),
        })),
      },
    };
  },
};
