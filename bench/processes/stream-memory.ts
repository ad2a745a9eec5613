/** Prints the highest memory of the process, in bytes, until each of the given numbers of rows had come out of a stream. */
import { openExecutor, valueOf } from '../contenders/pooled-executor.ts';
import { makeRow, type BenchRow } from '../rows.ts';

const SAMPLE_ROWS = 5_000;

const [threads, ...marks] = process.argv.slice(2).map(Number) as [number, ...number[]];
const rowCount = Math.max(...marks);

function* rows(): Iterable<BenchRow> {
  for (let id = 0; id < rowCount; id++) yield makeRow(id, 0);
}

const peaks: number[] = [];
let highest = 0;
let taken = 0;
await using executor = openExecutor(threads);
for await (const { result } of executor.stream(rows())) {
  if (valueOf(result).id !== taken) throw new Error('Cannot measure as outputs are wrong or out of order');
  taken++;
  if (taken % SAMPLE_ROWS === 0) highest = Math.max(highest, process.memoryUsage.rss());
  if (marks.includes(taken)) peaks.push(highest);
}
process.stdout.write(JSON.stringify(peaks));
