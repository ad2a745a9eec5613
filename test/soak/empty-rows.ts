/**
 * `npm run soak:rows [-- --rows n]`: 10 million rows of 0 bytes through a stream, on threads. Each entry is checked; ends with
 * figures, and with exit code 1 when memory grows with the rows.
 */
import { parseArgs } from 'node:util';
import { PooledExecutor } from '../../src/index.ts';

const MB = 2 ** 20;
/** What memory may have at the end above what it had after a tenth of the rows. */
const GROWTH_MB = 150;

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' } } });
const count = Number(values.rows);
if (!Number.isSafeInteger(count) || count < 10) {
  throw new TypeError(`--rows must be a whole number of at least 10: received ${values.rows}`);
}

await using executor = new PooledExecutor<string, string>({
  transform: new URL('../workers/echo-transform.ts', import.meta.url),
});
const startedAt = performance.now();
let next = 0;
let earlyMb = 0;
for await (const { rowIndex, result } of executor.stream(emptyRows())) {
  if (rowIndex !== next || result.status !== 'success' || result.value !== '') {
    throw new Error(`Entry ${next} is wrong: row ${rowIndex}, ${JSON.stringify(result)}`);
  }
  if (++next === Math.floor(count / 10)) earlyMb = rssMb();
}
if (next !== count) throw new Error(`There are ${next} entries, not ${count}`);
const seconds = (performance.now() - startedAt) / 1_000;
console.log(
  `${count.toLocaleString('en')} rows in ${seconds.toFixed(0)} s, ${Math.round(count / seconds).toLocaleString('en')} rows/s; ` +
    `RSS ${earlyMb} MB after a tenth of them, ${rssMb()} MB at the end`,
);
if (rssMb() - earlyMb > GROWTH_MB) {
  console.error('soak: memory grows with the rows');
  process.exitCode = 1;
}

function* emptyRows(): Generator<string> {
  for (let row = 0; row < count; row++) yield '';
}

function rssMb(): number {
  return Math.round(process.memoryUsage.rss() / MB);
}
