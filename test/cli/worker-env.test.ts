import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { workerEnv } from '../../src/cli/worker-env.ts';

describe('workerEnv', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'worker-env-'));
    vi.stubEnv('TMPDIR', folder);
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test('what workers compile is kept where Node keeps it by default, run after run', () => {
    const expected = { HOME: '/home/ada', NODE_COMPILE_CACHE: join(folder, 'node-compile-cache') };
    for (let run = 0; run < 2; run++) expect(workerEnv({ HOME: '/home/ada' })).toEqual(expected);
    expect(readdirSync(folder)).toEqual(['node-compile-cache']);
  });

  test.each([
    ['another folder', { NODE_COMPILE_CACHE: '/var/cache/ada' }],
    ['coverage, which would be less exact', { NODE_V8_COVERAGE: 'coverage/tmp' }],
  ])('is as it is where it asks for %s', (_what, env) => {
    expect(workerEnv(env)).toEqual(env);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is as it is where the folder can not be made, as Node would try without end', () => {
    writeFileSync(join(folder, 'file'), '');
    for (const place of ['missing', 'file']) {
      vi.stubEnv('TMPDIR', join(folder, place));
      expect(workerEnv({})).toEqual({});
    }
  });
});
