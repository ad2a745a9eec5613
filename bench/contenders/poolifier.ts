import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FixedThreadPool } from 'poolifier';
import type { BenchRow } from '../rows.ts';
import type { Contender } from './contender.ts';

/** How long its end is waited for. */
const PATIENCE_MS = 3_000;

/** As its guidelines say for CPU-bound work: a fixed pool of threads; `mapExecute` for many rows. */
export const poolifierRows: Contender = {
  name: 'poolifier',
  role: 'pool',
  module: import.meta.url,
  open: async (threads) => {
    const worker = fileURLToPath(new URL('../workers/poolifier-worker.ts', import.meta.url));
    const pool = new FixedThreadPool<BenchRow, BenchRow>(threads, worker);
    return {
      run: async (rows, sink) => {
        for (const output of await pool.mapExecute(rows)) sink(output);
      },
      close: () => withPatience(pool.destroy()),
    };
  },
};

/** On a busy machine, `destroy()` of poolifier 5.3.2 now and then never settles, although its threads are gone. */
async function withPatience(destroyed: Promise<void>): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const patience = setTimeout(PATIENCE_MS, undefined, { signal }).catch(() => undefined);
  await Promise.race([destroyed, patience]);
  waiting.abort();
}
