import { count, withRange } from '../format.ts';
import { atMost } from '../goals.ts';
import type { Group } from '../group.ts';
import { measureProcess } from '../measure-process.ts';
import { summarise } from '../summary.ts';
import { takeTurns } from '../turns.ts';

const FULL_SIZE = { marks: [1_000_000, 3_000_000, 10_000_000], window: 200_000 } as const;
const QUICK_SIZE = { marks: [50_000, 100_000, 150_000], window: 20_000 } as const;
const MB = 2 ** 20;

/** In bytes: the highest memory of one process until each of the marks. */
type Peaks = readonly [number, number, number];

/** In bytes. */
interface WindowMemory {
  readonly rss: number;
  readonly heap: number;
}

export const memory: Group = {
  name: 'memory',
  title: 'Memory: long streams and full windows',
  about:
    'Each run in a process of its own, with a transform that does nothing. A stream that is taken as it comes: the highest resident ' +
    'memory until so many rows are out. A window whose rows have all run while nobody takes them: what the process has ' +
    'grown by, per row, and the heap and buffers of the main thread after a garbage collection. What a process has grown by ' +
    'includes garbage that its threads have not collected yet, so it is the upper bound.',
  obstacles:
    'Half of the growth or more comes before 3,000,000 rows. By then the heaps of the workers are 5 to 10 MB larger each, by garbage for which no ' +
    'major collection has come yet; that of the main thread swings by 30 MB, between a major collection and the next, and its highest ' +
    'point comes sooner or later; what the C library keeps grows by 10 MB (`/proc/self/smaps`; with `MALLOC_ARENA_MAX=2` the whole growth was 26 to 35 MB, ' +
    'without 25 to 61). Tried: a young generation of 12, 24 or 32 MB in the workers instead of 48 (up to 40 MB less, but as much growth), ' +
    '`node --max-semi-space-size=8` (30% less, and grows by 37 MB up to 4,000,000 rows). Nothing was found that the ' +
    'executor could let go of earlier.',
  rounds: { full: 2, quick: 1 },
  run: async ({ settings, say }) => {
    const { marks, window } = settings.quick ? QUICK_SIZE : FULL_SIZE;
    const threads = String(settings.threads);
    const [first, , last] = marks;
    say(`a stream of ${count(last)} rows and a window of ${count(window)}`);
    const { streams, windows } = await takeTurns<'streams' | 'windows', unknown>(
      {
        streams: () => measureProcess('stream-memory.ts', [threads, ...marks.map(String)]),
        windows: () => measureProcess('window-memory.ts', [threads, String(window)]),
      },
      settings.rounds,
    );
    const peaks = streams as readonly Peaks[];
    const growthMb = summarise(peaks.map(([least, , most]) => (most - least) / MB));
    const perRow = (part: keyof WindowMemory) =>
      summarise((windows as readonly WindowMemory[]).map((memory) => memory[part] / window));
    const [rss, heap] = [perRow('rss'), perRow('heap')];
    const peaksMb = marks.map((rows, index) => ({
      name: `${count(rows)} rows`,
      megabytes: summarise(peaks.map((peak) => (peak[index] as number) / MB)),
    }));
    return {
      goals: [
        atMost(`growth of a stream from ${count(first)} to ${count(last)} rows, MB`, 30, growthMb),
        atMost('bytes per row in the window', 2_000, rss, count),
      ],
      tables: [
        {
          caption: 'Highest resident memory of a stream, in MB',
          columns: ['', 'MB'],
          lines: peaksMb.map(({ name, megabytes }) => [name, withRange(megabytes, count)]),
        },
        {
          caption: `A window of ${count(window)} rows that have run, in bytes per row`,
          columns: ['', 'bytes per row'],
          lines: [
            ['the process', withRange(rss, count)],
            ['heap and buffers of the main thread', withRange(heap, count)],
          ],
        },
      ],
      figures: {
        marks,
        window,
        peaksMb,
        growthMb,
        bytesPerRow: rss,
        heapBytesPerRow: heap,
      },
    };
  },
};
