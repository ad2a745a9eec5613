/**
 * `npm run soak:rows [-- --rows n]`: 10 million rows of 0 bytes through a stream, on threads. Each entry is checked; ends with
 * figures, and with exit code 1 when memory grows with the rows.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PooledExecutor } from '../../src/index.ts';

const MB = 2 ** 20;
/** What memory may have at the end above what it had after a tenth of the rows. */
const GROWTH_MB = 100;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' } } });
const count = Number(values.rows);
if (!Number.isSafeInteger(count) || count < 10) {
  throw new TypeError(`--rows must be a whole number of at least 10: received ${values.rows}`);
}

await using executor = new PooledExecutor<string, string>({
  transform: new URL('../workers/echo-transform.ts', import.meta.url),
  // V8 lets a heap grow with the garbage that comes by, up to its limit: a low one, so that only what is kept shows
  resourceLimits: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 32 },
});
const startedAt = performance.now();
let next = 0;
let early = memory();
for await (const { rowIndex, result } of executor.stream(emptyRows())) {
  if (rowIndex !== next || result.status !== 'success' || result.value !== '') {
    throw new Error(`Entry ${next} is wrong: row ${rowIndex}, ${JSON.stringify(result)}`);
  }
  if (++next === Math.floor(count / 10)) early = memory();
}
if (next !== count) throw new Error(`There are ${next} entries, not ${count}`);
const seconds = (performance.now() - startedAt) / 1_000;
const end = memory();
const show = ({ heapMb, rssMb }: typeof end) => `heap ${heapMb} MB, RSS ${rssMb} MB`;
console.log(
  `${count.toLocaleString('en')} rows in ${seconds.toFixed(0)} s, ${Math.round(count / seconds).toLocaleString('en')} rows/s; ` +
    `after a tenth of them ${show(early)}; at the end ${show(end)}`,
);
if (end.heapMb - early.heapMb > GROWTH_MB || end.rssMb - early.rssMb > GROWTH_MB) {
  console.error('soak: memory grows with the rows');
  process.exitCode = 1;
}

function* emptyRows(): Generator<string> {
  for (let row = 0; row < count; row++) yield '';
}

/** What is in use, and what the process has for that. */
function memory(): { readonly heapMb: number; readonly rssMb: number } {
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMb: Math.round(heapUsed / MB), rssMb: Math.round(rss / MB) };
}
