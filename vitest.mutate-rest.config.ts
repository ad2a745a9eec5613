import { defineConfig } from 'vitest/config';
import { QuickestFirst } from './test/suite/quickest-first.ts';
import normal, { STRESS } from './vitest.config.ts';

process.env['NODE_OPTIONS'] = `--import=${new URL('test/suite/note-coverage.js', import.meta.url).href}`;

/** For `npm run mutate:rest`: the tests of what surrounds src/core; mutants live in their threads and child processes too. */
export default defineConfig({
  test: {
    ...normal.test,
    include: ['test/*.test.ts', 'test/{pooled-executor,engine,audit}/**/*.test.ts'],
    exclude: [...(normal.test?.exclude ?? []), STRESS],
    sequence: { sequencer: QuickestFirst },
    setupFiles: ['test/helpers/stop-at-first-failure.ts', 'test/helpers/mutants-in-workers.ts'],
  },
});
