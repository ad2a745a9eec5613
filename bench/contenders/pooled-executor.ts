import type { TransformResult } from '../../src/index.ts';
import { PooledExecutor } from '../built-package.ts';
import type { BenchRow } from '../rows.ts';
import type { Contender } from './contender.ts';

/** All rows at once, all results at the end. */
export const oursMap: Contender = {
  name: 'pooled-executor, map',
  role: 'ours',
  open: async (threads) => {
    const executor = openExecutor(threads);
    return {
      run: async (rows, sink) => {
        for (const result of await executor.map(rows)) sink(valueOf(result));
      },
      close: () => executor.shutdown(),
    };
  },
};

/** Rows as they are pulled, results as they come, with a bounded window. */
export const oursStream: Contender = {
  name: 'pooled-executor, stream',
  role: 'ours',
  open: async (threads) => {
    const executor = openExecutor(threads);
    return {
      run: async (rows, sink) => {
        for await (const { result } of executor.stream(rows)) sink(valueOf(result));
      },
      close: () => executor.shutdown(),
    };
  },
};

function openExecutor(poolSize: number) {
  const transform = new URL('../workers/transform.ts', import.meta.url);
  return new PooledExecutor<BenchRow, BenchRow>({ transform, poolSize });
}

/** A failed row fails the bench. */
export function valueOf<Output>(result: TransformResult<Output>): Output {
  if (result.status === 'success') return result.value;
  throw new Error(`Cannot measure as a row failed: ${result.error.message}`);
}
