// @ts-check
/*
 * Preloaded by `npm run mutate:rest` wherever Node starts. In the threads and child processes of a test (see
 * ../helpers/mutants-in-workers.ts) it writes down which mutants their code has come by, each once.
 */
import { openSync, writeSync } from 'node:fs';

const file = process.env['MUTANTS_COVERED_FILE'];
if (file !== undefined) {
  /** @type {Record<string, number>} */
  const counts = {};
  const log = openSync(file, 'a'); // now: some tests take all file descriptors
  const covered = new Proxy(counts, {
    set(target, id, count) {
      if (typeof id === 'string' && !(id in target)) writeSync(log, `${id}\n`);
      return Reflect.set(target, id, count);
    },
  });
  Object.assign(globalThis, { __stryker__: { mutantCoverage: { static: covered, perTest: {} } } });
}
