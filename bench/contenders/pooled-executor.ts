import type { AuditTrail, TransformResult } from '../../src/index.ts';
import { PooledExecutor } from '../built-package.ts';
import type { BenchRow } from '../rows.ts';
import type { Contender, Sink } from './contender.ts';

type BenchExecutor = ReturnType<typeof openExecutor>;

/** All rows at once, all results at the end. */
export const oursMap: Contender = {
  name: 'pooled-executor, map',
  role: 'ours',
  module: import.meta.url,
  open: (threads) => open(threads, runMap),
};

/** Rows as they are pulled, results as they come, with a bounded window. */
export const oursStream: Contender = {
  name: 'pooled-executor, stream',
  role: 'ours',
  module: import.meta.url,
  open: (threads) => open(threads, runStream),
};

async function open(threads: number, run: typeof runMap): ReturnType<Contender['open']> {
  const executor = openExecutor(threads);
  return { run: (rows, sink) => run(executor, rows, sink), close: () => executor.shutdown() };
}

export async function runMap(executor: BenchExecutor, rows: readonly BenchRow[], sink: Sink): Promise<void> {
  for (const result of await executor.map(rows)) sink(valueOf(result));
}

export async function runStream(
  executor: BenchExecutor,
  rows: readonly BenchRow[],
  sink: Sink,
): Promise<void> {
  for await (const { result } of executor.stream(rows)) sink(valueOf(result));
}

export function openExecutor(poolSize: number, options: { readonly audit?: AuditTrail } = {}) {
  const transform = new URL('../workers/transform.ts', import.meta.url);
  return new PooledExecutor<BenchRow, BenchRow>({ ...options, transform, poolSize });
}

/** A failed row fails the bench. */
export function valueOf<Output>(result: TransformResult<Output>): Output {
  if (result.status === 'success') return result.value;
  throw new Error(`Cannot measure as a row failed: ${result.error.message}`);
}
