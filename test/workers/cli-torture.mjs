import { writeSync } from 'node:fs';

/**
 * Says on stderr that it has started a row, and does what `row.does` says: succeed, fail, be refused or take its thread
 * along at the first attempt, call something. The result depends on the row alone.
 */
export default async (row, context) => {
  writeSync(2, '.');
  const first = context.attempt === 1;
  if (row.does === 'fail') throw new RangeError(`row ${row.n} is bad`);
  if (row.does === 'busy' && first) throw Object.assign(new Error('busy'), { status: 503 });
  if (row.does === 'exit' && first) process.exit(3);
  if (row.does === 'call') await context.call('square', row.n, (n) => n * n);
  let work = 0;
  for (let step = 0; step < row.steps; step++) work = (work + Math.imul(step, row.n)) | 0;
  return { n: row.n, work, text: 'ü'.repeat(row.length) };
};
