import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workerEnv } from '../../src/cli/worker-env.ts';

test('workerEnv: what workers compile is kept where Node keeps it by default', () => {
  expect(workerEnv({ HOME: '/home/ada' })).toEqual({
    HOME: '/home/ada',
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  });
});

test.each([
  ['another folder', { NODE_COMPILE_CACHE: '/var/cache/ada' }],
  ['coverage, which would be less exact', { NODE_V8_COVERAGE: 'coverage/tmp' }],
])('workerEnv: is as it is where it asks for %s', (_what, env) => {
  expect(workerEnv(env)).toEqual(env);
});
