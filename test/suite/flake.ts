import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/*
 * Runs the built suite again and again while another process keeps every core busy: what depends on timing fails here.
 * `npm run test:flake`, or `npm run test:flake -- --times 3`, and whatever else vitest takes behind a further `--`.
 */

const { values, positionals } = parseArgs({
  options: { times: { type: 'string', default: '20' } },
  allowPositionals: true,
});
const times = Number(values.times);

/** Spins one thread per core until its input ends, as it does when this process is gone. */
const BUSY = `
  const { Worker } = require('node:worker_threads');
  for (let core = 0; core < ${availableParallelism()}; core++) new Worker('for (;;);', { eval: true });
  process.stdin.on('end', () => process.exit()).resume();`;

const busy = spawn(process.execPath, ['-e', BUSY], { stdio: ['pipe', 'ignore', 'inherit'] });
const failed: number[] = [];
for (let run = 1; run <= times; run++) {
  const { status } = spawnSync('vitest', ['run', '--reporter=dot', ...positionals], { stdio: 'inherit' });
  if (status !== 0) failed.push(run);
  console.log(`Run ${run} of ${times}: ${status === 0 ? 'passed' : 'FAILED'}`);
}
busy.stdin.end();
console.log(failed.length === 0 ? `All ${times} runs passed.` : `Failed: ${failed.join(', ')} of ${times}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
