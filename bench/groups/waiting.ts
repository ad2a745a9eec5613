import { setTimeout } from 'node:timers/promises';
import pMap from 'p-map';
import { PooledExecutor } from '../built-package.ts';
import { valueOf } from '../contenders/pooled-executor.ts';
import { ratio, withRange } from '../format.ts';
import { atLeast } from '../goals.ts';
import type { Group } from '../group.ts';
import { Digest, makeWorkload, type BenchRow } from '../rows.ts';
import { summarise, type Summary } from '../summary.ts';
import { takeTurns } from '../turns.ts';

const WAIT_MS = 10;
const IN_FLIGHT = 200;
const ROWS = { full: 20_000, quick: 2_000 };

export const waiting: Group = {
  name: 'waiting',
  title: 'Waiting: async rows that wait for a service',
  about:
    `Rows that await ${WAIT_MS} ms, ${IN_FLIGHT} at a time, on a few threads. The ideal has ${IN_FLIGHT} in flight from the first row ` +
    'to the last and loses no time at all; what a timer of Node takes beyond its time counts as a loss too, so p-map, with ' +
    'the same wait on the main thread and nothing else, stands beside it, in the same process.',
  obstacles:
    'A timer of Node takes up to 1 ms beyond its time, which p-map loses too. At 20,000 rows/s the main thread takes some 13 µs of CPU time for each row, its thread 12, about half of ' +
    'that piscina and the messages, and V8 some 10 on threads of its own; rows that end in the same millisecond wait for one another. A collection of young objects takes the main thread ' +
    '20 ms every 0.8 s, for the results that `map` keeps, and all rows in flight wait for it. Tried and kept: no table of awaiting attempts (its dead copies kept most of what had been ' +
    'in it through small collections: 1.4 MB each time in a thread, now 0.02), one host per lane instead of one per slice, texts of single rows straight from the columns; together about 1%. Tried without gain: ' +
    '`--single-threaded-gc`, larger and smaller young generations.',
  run: async ({ settings, say }) => {
    const { rows, digests } = makeWorkload(settings.quick ? ROWS.quick : ROWS.full, 0);
    const idealMs = (rows.length / IN_FLIGHT) * WAIT_MS;
    await using executor = new PooledExecutor<BenchRow, BenchRow>({
      transform: new URL('../workers/wait.ts', import.meta.url),
      poolSize: IN_FLIGHT,
      threads: settings.threads,
      workerData: WAIT_MS,
    });
    const ofIdeal = async (run: (rows: readonly BenchRow[]) => Promise<readonly BenchRow[]>) => {
      const startedAt = performance.now();
      const outputs = await run(rows);
      const elapsedMs = performance.now() - startedAt;
      const digest = new Digest();
      for (const output of outputs) digest.add(output);
      if (digest.value === digests[rows.length]) return idealMs / elapsedMs;
      throw new Error('Cannot measure as outputs are wrong, incomplete or out of order');
    };
    const runOurs = async (list: readonly BenchRow[]) => (await executor.map(list)).map(valueOf);
    const runPMap = (list: readonly BenchRow[]) =>
      pMap(list, (row) => setTimeout(WAIT_MS, row), { concurrency: IN_FLIGHT });
    say(`${rows.length} rows`);
    for (const run of [runOurs, runPMap]) await run(rows); // warms up
    const shares = await takeTurns(
      { ours: () => ofIdeal(runOurs), pMap: () => ofIdeal(runPMap) },
      settings.rounds,
    );
    const [ours, bare] = [summarise(shares.ours), summarise(shares.pMap)];
    const line = (name: string, share: Summary) => [name, withRange(share, ratio)];
    return {
      goals: [atLeast(`rows that await ${WAIT_MS} ms, against the ideal ${IN_FLIGHT} in flight`, 0.9, ours)],
      tables: [
        {
          caption: `Rows that await ${WAIT_MS} ms, poolSize ${IN_FLIGHT}, ${settings.threads} threads`,
          columns: ['', 'of the ideal'],
          lines: [line('pooled-executor, map', ours), line('p-map on the main thread', bare)],
        },
      ],
      figures: { rows: rows.length, waitMs: WAIT_MS, inFlight: IN_FLIGHT, ours, pMap: bare },
    };
  },
};
