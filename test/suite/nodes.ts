import { spawnSync } from 'node:child_process';

/*
 * Runs the built suite on the oldest Node that is supported and on the newest of each line. `npm run test:nodes`, or some
 * of them: `npm run test:nodes -- 22.13.0 26`.
 */

const VERSIONS = ['22.13.0', '22', '24', '26'];

/** Node 22 takes TypeScript without a flag from 22.18 on; the suite's transforms are TypeScript. */
const STRIP_TYPES = '--experimental-strip-types --disable-warning=ExperimentalWarning';

const given = process.argv.slice(2);
const failed: string[] = [];
for (const version of given.length > 0 ? given : VERSIONS) {
  const args = [
    '-y',
    '-p',
    `node@${version}`,
    'node',
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=dot',
  ];
  console.log(`\nNode ${version}`);
  const { status } = spawnSync('npx', args, {
    stdio: 'inherit',
    env: { ...process.env, ...(version === '22.13.0' ? { NODE_OPTIONS: STRIP_TYPES } : {}) },
  });
  if (status !== 0) failed.push(version);
}
console.log(
  failed.length === 0 ? 'The suite passes on each.' : `The suite fails on Node ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
