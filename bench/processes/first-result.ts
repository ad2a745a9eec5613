/** Prints how many ms pass from a new pool to its first result, for `ours` or `piscina`, whose modules are loaded before. */
import { fileURLToPath } from 'node:url';
import { makeRow } from '../rows.ts';

const [contender, threads] = process.argv.slice(2);
const poolSize = Number(threads);
const transform = new URL('../workers/transform.ts', import.meta.url);
const row = makeRow(0, 0);

async function ours(): Promise<number> {
  const { PooledExecutor } = await import('../built-package.ts');
  const startedAt = performance.now();
  await using executor = new PooledExecutor({ transform, poolSize });
  const [result] = await executor.map([row]);
  if (result?.status !== 'success') throw new Error('Cannot measure as the row failed');
  return performance.now() - startedAt;
}

async function piscina(): Promise<number> {
  const { Piscina } = await import('piscina');
  const filename = fileURLToPath(transform);
  const startedAt = performance.now();
  await using pool = new Piscina({ filename, minThreads: poolSize, maxThreads: poolSize });
  await pool.run(row);
  return performance.now() - startedAt;
}

process.stdout.write(JSON.stringify(await (contender === 'ours' ? ours() : piscina())));
