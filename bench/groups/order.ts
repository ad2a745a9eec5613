import { ReorderBuffer } from '../../src/core/reorder-buffer.ts';
import { openExecutor, runMap, runStream } from '../contenders/pooled-executor.ts';
import { count, ratio, withRange } from '../format.ts';
import { atMost } from '../goals.ts';
import type { Bench, Goal, Group, Table } from '../group.ts';
import { collectGarbage } from '../collect-garbage.ts';
import { Digest, makeWorkload, type Workload } from '../rows.ts';
import { ratiosPerRound, summarise, type Summary } from '../summary.ts';
import { takeTurns } from '../turns.ts';

const FEW_ROWS = 10_000;
/** How many go through in short runs, in one sample. */
const ROWS_IN_SHORT_RUNS = 200_000;
const MANY_ROWS = { full: 1_000_000, quick: 20_000 };
const WINDOWS = [1_000, 10_000, 100_000, 1_000_000] as const;
/** How many rows go through the buffer in one sample, at least, however small the window. */
const SAMPLE_ROWS = { full: 250_000, quick: 50_000 };
/** Of linear cost there would be 1,000 times as much; what memory out of the caches costs is less than this. */
const CONSTANT = 10;
const WAYS = { map: runMap, stream: runStream };

type Way = keyof typeof WAYS;

interface LengthCost {
  readonly way: Way;
  readonly few: readonly number[];
  readonly many: readonly number[];
}

interface WindowCost {
  readonly rows: number;
  readonly nanoseconds: readonly number[];
}

export const order: Group = {
  name: 'order',
  title: 'Order: what a row costs, by the rows before it and the rows that wait',
  about:
    `A long run against a short one, with a transform that does nothing: ${count(FEW_ROWS)} rows at a time, as often as it takes. ` +
    'And the reorder buffer alone: the row at its head comes last, when the whole window waits ' +
    `for it; O(1) means that a window of ${count(WINDOWS.at(-1) as number)} rows costs less than ${CONSTANT} times as much per row as one of ` +
    `${count(WINDOWS[0])}, where what falls out of the caches is included.`,
  run: async (bench) => {
    const lengths = await measureLengths(bench);
    const windows = await measureWindows(bench);
    const many = bench.settings.quick ? MANY_ROWS.quick : MANY_ROWS.full;
    return {
      goals: [...lengths.map((cost) => lengthGoal(cost, many)), windowGoal(windows)],
      tables: [lengthTable(lengths, many), windowTable(windows)],
      figures: {
        lengths: lengths.map((cost) => ({
          way: cost.way,
          fewRows: FEW_ROWS,
          manyRows: many,
          microsecondsPerRowOfFew: summarise(cost.few),
          microsecondsPerRowOfMany: summarise(cost.many),
          growth: growthOf(cost),
        })),
        windows: windows.map(({ rows, nanoseconds }) => ({
          name: `${count(rows)} rows`,
          nanosecondsPerRow: summarise(nanoseconds),
        })),
      },
    };
  },
};

async function measureLengths({ settings, say }: Bench): Promise<LengthCost[]> {
  const workload = makeWorkload(settings.quick ? MANY_ROWS.quick : MANY_ROWS.full, 0);
  const costs: LengthCost[] = [];
  for (const way of Object.keys(WAYS) as Way[]) {
    say(`${way}, ${count(workload.rows.length)} rows`);
    await using executor = openExecutor(settings.threads);
    const cost = (atATime: number, rows: number) => () =>
      microsecondsPerRow(workload, { atATime, rows }, (list, sink) => WAYS[way](executor, list, sink));
    const all = workload.rows.length;
    const runs = { few: cost(FEW_ROWS, Math.min(ROWS_IN_SHORT_RUNS, all)), many: cost(all, all) };
    await runs.few(); // warms up
    costs.push({ way, ...(await takeTurns(runs, settings.rounds)) });
  }
  return costs;
}

/** Rows of the workload, so many at a time. */
async function microsecondsPerRow(
  workload: Workload,
  { atATime, rows: count }: { readonly atATime: number; readonly rows: number },
  run: (rows: Workload['rows'], sink: Digest['add']) => Promise<void>,
): Promise<number> {
  collectGarbage();
  const digest = new Digest();
  const startedAt = performance.now();
  for (let from = 0; from < count; from += atATime) {
    await run(workload.rows.slice(from, from + atATime), (output) => digest.add(output));
  }
  const elapsedMs = performance.now() - startedAt;
  if (digest.value === workload.digests[count]) return (elapsedMs * 1000) / count;
  throw new Error('Cannot measure as outputs are wrong, incomplete or out of order');
}

async function measureWindows({ settings, say }: Bench): Promise<WindowCost[]> {
  const sampleRows = settings.quick ? SAMPLE_ROWS.quick : SAMPLE_ROWS.full;
  const costs = WINDOWS.map((rows) => ({ rows, nanoseconds: [] as number[] }));
  say('reorder buffer');
  for (let round = -1; round < settings.rounds; round++) {
    for (const { rows, nanoseconds } of costs) {
      collectGarbage();
      const startedAt = performance.now();
      let done = 0;
      for (; done < sampleRows; done += rows) stallHead(new ReorderBuffer<number>(), rows);
      const elapsedMs = performance.now() - startedAt;
      if (round >= 0) nanoseconds.push((elapsedMs * 1e6) / done); // the first round warms up
    }
  }
  return costs;
}

/** Fills a window of `rows` rows, of which the first one comes last. */
function stallHead(buffer: ReorderBuffer<number>, rows: number): void {
  let next = 0;
  const drain = () => {
    for (const value of buffer.drain()) {
      if (value !== next++) throw new Error('Cannot measure as the buffer gave values out of order');
    }
  };
  for (let index = 0; index < rows; index++) buffer.submit();
  for (let index = 1; index < rows; index++) {
    buffer.complete(index, index);
    drain();
  }
  buffer.complete(0, 0);
  drain();
  if (next !== rows) throw new Error('Cannot measure as the buffer kept values');
}

function growthOf({ few, many }: LengthCost): Summary {
  return summarise(ratiosPerRound(many, few));
}

function lengthGoal(cost: LengthCost, many: number): Goal {
  const figure = `${cost.way}: cost per row at ${count(many)} rows against ${count(FEW_ROWS)}`;
  return atMost(figure, 1.1, growthOf(cost));
}

function windowGoal(windows: readonly WindowCost[]): Goal {
  const least = (windows[0] as WindowCost).nanoseconds;
  const most = (windows.at(-1) as WindowCost).nanoseconds;
  const figure = 'reorder buffer, head stalled: cost per row with the largest window against the smallest';
  return atMost(figure, CONSTANT, summarise(ratiosPerRound(most, least)));
}

function lengthTable(costs: readonly LengthCost[], many: number): Table {
  return {
    caption: 'µs per row, by the length of the run',
    columns: ['', `${count(FEW_ROWS)} rows`, `${count(many)} rows`, 'ratio'],
    lines: costs.map((cost) => [
      `pooled-executor, ${cost.way}`,
      withRange(summarise(cost.few), ratio),
      withRange(summarise(cost.many), ratio),
      withRange(growthOf(cost), ratio),
    ]),
  };
}

function windowTable(windows: readonly WindowCost[]): Table {
  return {
    caption: 'Reorder buffer: ns per row until the head has come and all are out, by window',
    columns: ['', 'ns per row'],
    lines: windows.map(({ rows, nanoseconds }) => [
      `${count(rows)} rows`,
      withRange(summarise(nanoseconds), ratio),
    ]),
  };
}
