/** A program that has so many files open that it can open only `free` more, and runs rows: prints what comes of them. */
import { closeSync, openSync } from 'node:fs';
import { PooledExecutor } from '../../src/index.ts';

const [isolation, free] = process.argv.slice(2);
const open: number[] = [];
try {
  for (;;) open.push(openSync('/dev/null', 'r'));
} catch {
  // that was the last
}
for (const file of open.slice(0, Number(free))) closeSync(file);

const executor = new PooledExecutor<number, number>({
  transform: new URL('./thread-transform.ts', import.meta.url),
  poolSize: 4,
  isolation: isolation as 'thread' | 'process',
});
for (const rows of [[1, 2, 3], [4]]) {
  const came = await executor.map(rows).then(
    (results) => results.map(({ status }) => status).join(' '),
    (reason: unknown) => `rejected: ${(reason as Error).message}`,
  );
  console.log(came);
}
await executor.shutdown();
console.log(`permits ${executor.availablePermits}, pending ${executor.pendingCount}`);
