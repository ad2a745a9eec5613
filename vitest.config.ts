import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

// The tests start threads and processes by the hundred: each takes the modules compiled from here, in half the time.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('node_modules/.cache/compiled/', import.meta.url),
);

/** What takes long: `npm run test:stress`, with a configuration of its own. */
export const STRESS = 'test/**/*.stress.test.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, STRESS],
    setupFiles: ['test/helpers/shrink-in-time.ts'],
    // The tests start worker threads and processes themselves, and look at their own process: no threads here. Files
    // share a process, one after another, so a file that leaves something behind is found out.
    pool: 'forks',
    // A test that asserts nothing can't fail.
    expect: { requireAssertions: true },
    isolate: false,
    maxWorkers: '100%',
    // Tests never wait for time to pass: these only end a test that hangs, on machines that stand still for a while too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 300_000,
  },
});
