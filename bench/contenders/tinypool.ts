import { Tinypool } from 'tinypool';
import type { BenchRow } from '../rows.ts';
import type { Contender } from './contender.ts';

/** As its README says: one `run` per row. */
export const tinypoolRows: Contender = {
  name: 'tinypool',
  role: 'pool',
  module: import.meta.url,
  open: async (threads) => {
    const pool = new Tinypool({
      filename: new URL('../workers/transform.ts', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
    });
    return {
      run: async (rows, sink) => {
        const outputs = await Promise.all(rows.map((row) => pool.run(row) as Promise<BenchRow>));
        for (const output of outputs) sink(output);
      },
      close: () => pool.destroy(),
    };
  },
};
