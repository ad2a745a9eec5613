import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { test } from '../helpers/executor-fixture.ts';

const ROWS = 40;
/** With these a thread holds most of what the last rows have logged, and a process what the pipe has no room for. */
const CASES = [
  { threads: 1, lines: 10 },
  { threads: 2, lines: 1_000 },
];
const LOGS = `export default async (row) => {
  await 1;
  for (let line = 0; line < row.lines; line++) console.log('row', row.id, 'line', line);
}`;

/** A program that is over as soon as the executor is shut down: what leaves it later is lost. */
function programOf(options: { isolation: string; threads: number }, lines: number): string {
  return `
    import { PooledExecutor } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const transform = 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(LOGS)});
    const executor = new PooledExecutor({ transform, poolSize: 4, ...${JSON.stringify(options)} });
    await executor.map(Array.from({ length: ${ROWS} }, (_, id) => ({ id, lines: ${lines} })));
    await executor.shutdown();
  `;
}

describe.each(['thread', 'process'])('%s isolation', (isolation) => {
  test.for(CASES)('all that rows have logged is there, %o', async ({ threads, lines }) => {
    const program = programOf({ isolation, threads }, lines);
    const args = ['--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 });
    expect(stdout.split('\n')).toHaveLength(ROWS * lines + 1);
  });
});
