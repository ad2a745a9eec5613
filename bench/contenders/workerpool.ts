import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';
import type { BenchRow } from '../rows.ts';
import type { Contender } from './contender.ts';

/** As its README says: a dedicated worker, one `exec` per row. */
export const workerpoolRows: Contender = {
  name: 'workerpool',
  role: 'pool',
  module: import.meta.url,
  open: async (threads) => {
    const script = fileURLToPath(new URL('../workers/workerpool-worker.ts', import.meta.url));
    const pool = workerpool.pool(script, { minWorkers: 'max', maxWorkers: threads, workerType: 'thread' });
    return {
      run: async (rows, sink) => {
        const outputs = await Promise.all(
          rows.map((row) => pool.exec('transform', [row]) as PromiseLike<BenchRow>),
        );
        for (const output of outputs) sink(output);
      },
      close: async () => {
        await pool.terminate();
      },
    };
  },
};
