import { defineConfig } from 'vitest/config';
import { QuickestFirst } from './test/suite/quickest-first.ts';
import normal from './vitest.config.ts';

/** For `npm run mutate`: the tests that are fast enough to run for each mutant of src/core. */
export default defineConfig({
  test: {
    ...normal.test,
    include: ['test/core/**/*.test.ts'],
    sequence: { sequencer: QuickestFirst },
    setupFiles: ['test/helpers/stop-at-first-failure.ts'],
  },
});
