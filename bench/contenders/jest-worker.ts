import { fileURLToPath } from 'node:url';
import { Worker } from 'jest-worker';
import type { BenchRow } from '../rows.ts';
import type { Contender } from './contender.ts';

interface RowWorker extends Worker {
  transform(row: BenchRow): Promise<BenchRow>;
}

/** As its README says for fast communication: worker threads, started ahead; one call of a method per row. */
export const jestWorkerRows: Contender = {
  name: 'jest-worker',
  role: 'pool',
  module: import.meta.url,
  open: async (threads) => {
    const file = fileURLToPath(new URL('../workers/jest-worker.ts', import.meta.url));
    const worker = new Worker(file, {
      enableWorkerThreads: true,
      exposedMethods: ['transform'],
      numWorkers: threads,
    }) as RowWorker;
    await worker.start();
    return {
      run: async (rows, sink) => {
        for (const output of await Promise.all(rows.map((row) => worker.transform(row)))) sink(output);
      },
      close: async () => {
        await worker.end();
      },
    };
  },
};
