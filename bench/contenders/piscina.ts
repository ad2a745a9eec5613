import { fileURLToPath } from 'node:url';
import pMap from 'p-map';
import { Piscina } from 'piscina';
import type { BenchRow } from '../rows.ts';
import { chunksOf } from './chunks.ts';
import type { Contender } from './contender.ts';

const CHUNKS_PER_WORKER = 2;
const filename = fileURLToPath(new URL('../workers/transform.ts', import.meta.url));

/** As its README says: a fixed number of threads, one `run` per row. */
export const piscinaRows: Contender = {
  name: 'piscina, one run per row',
  role: 'pool',
  module: import.meta.url,
  open: async (threads) => openRows(threads, 1),
};

/** Several rows at a thread at once, so that it need not wait for the main thread between two of them. */
export const piscinaSharedThreads: Contender = {
  name: 'piscina, concurrentTasksPerWorker 8',
  role: 'pool',
  module: import.meta.url,
  open: async (threads) => openRows(threads, 8),
};

/** As the README of p-map says for worker threads: as many rows at a time as there are threads. */
export const piscinaInPMap: Contender = {
  name: 'p-map with piscina inside',
  role: 'pool',
  module: import.meta.url,
  open: async (threads) => {
    const pool = openPool(threads, 1);
    return {
      run: async (rows, sink) => {
        const outputs = await pMap(rows, (row) => pool.run(row), { concurrency: threads });
        for (const output of outputs) sink(output);
      },
      close: () => pool.destroy(),
    };
  },
};

/** Chunks of 256 rows by hand, one run each; while a thread runs one, the next is waiting for it there. */
export const piscinaChunks: Contender = {
  name: 'piscina, hand-made chunks',
  role: 'chunks',
  module: import.meta.url,
  open: async (threads) => {
    const pool = new Piscina<readonly BenchRow[], BenchRow[]>({
      filename,
      name: 'transformChunk',
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: CHUNKS_PER_WORKER,
      recordTiming: false,
    });
    return {
      run: async (rows, sink) => {
        const chunks = await Promise.all(chunksOf(rows, threads).map((chunk) => pool.run(chunk)));
        for (const outputs of chunks) for (const output of outputs) sink(output);
      },
      close: () => pool.destroy(),
    };
  },
};

function openRows(threads: number, concurrentTasksPerWorker: number) {
  const pool = openPool(threads, concurrentTasksPerWorker);
  return {
    run: async (rows: readonly BenchRow[], sink: (output: BenchRow) => void) => {
      for (const output of await Promise.all(rows.map((row) => pool.run(row)))) sink(output);
    },
    close: () => pool.destroy(),
  };
}

function openPool(threads: number, concurrentTasksPerWorker: number): Piscina<BenchRow, BenchRow> {
  return new Piscina<BenchRow, BenchRow>({
    filename,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker,
    recordTiming: false,
  });
}
