import { defineConfig } from 'vitest/config';
import normal, { STRESS } from './vitest.config.ts';

/**
 * For `npm run mutate:rest`: the tests of what surrounds src/core, as far as they run it in this process: in threads and
 * child processes no mutant is alive.
 */
export default defineConfig({
  test: {
    ...normal.test,
    include: ['test/*.test.ts', 'test/{pooled-executor,engine,audit}/**/*.test.ts'],
    exclude: [
      ...(normal.test?.exclude ?? []),
      STRESS,
      'test/pooled-executor/{loading,process-isolation,recycling,surroundings,thrown-values,worker-loss}.test.ts',
    ],
    setupFiles: ['test/helpers/stop-at-first-failure.ts'],
    testNamePattern: /^(?!.*(threads|isolation))/,
  },
});
