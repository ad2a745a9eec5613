import { appendFileSync, readFileSync } from 'node:fs';

/** Says on stderr that it runs the row, then waits: for a writer of the named pipe `row.until`, or for ever.
 * The output is as long as `row.pad` says. */
export default (row) => {
  appendFileSync(process.env.CALLED_MAIN ?? 2, `running ${row.n}\n`);
  if (row.until !== undefined) readFileSync(row.until);
  if (row.forEver === true) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return row.pad === undefined ? { n: row.n } : { n: row.n, pad: 'x'.repeat(row.pad) };
};
