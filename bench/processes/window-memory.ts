/**
 * Prints how many bytes a stream's window takes when all its rows have run and nobody has taken them, beside what the
 * executor has before: of the process, and of the main thread's heap.
 */
import { setTimeout } from 'node:timers/promises';
import { collectGarbage } from '../collect-garbage.ts';
import { openExecutor, valueOf } from '../contenders/pooled-executor.ts';
import { makeRow, type BenchRow } from '../rows.ts';

const POLL_MS = 20;

const [threads, window] = process.argv.slice(2).map(Number) as [number, number];

function* rows(count: number): Iterable<BenchRow> {
  for (let id = 0; id < count; id++) yield makeRow(id, 0);
}

function memory() {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

await using executor = openExecutor(threads);
for await (const { result } of executor.stream(rows(window / 10))) valueOf(result); // warms up
const before = memory();
const stream = executor.stream(rows(window), { window });
const { done } = await stream.next();
if (done === true) throw new Error('Cannot measure as the stream gave nothing');
while (stream.stats.successes + stream.stats.errors < window) await setTimeout(POLL_MS);
const after = memory();
for await (const { result } of stream) valueOf(result);
process.stdout.write(JSON.stringify({ rss: after.rss - before.rss, heap: after.heap - before.heap }));
