import { defineConfig } from 'vitest/config';
import normal from './vitest.config.ts';

/** For `npm run mutate`: the tests that are fast enough to run for each mutant of src/core. */
export default defineConfig({
  test: {
    ...normal.test,
    include: ['test/core/**/*.test.ts'],
    setupFiles: ['test/helpers/stop-at-first-failure.ts'],
  },
});
