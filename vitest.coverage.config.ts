import { configDefaults, defineConfig } from 'vitest/config';
import normal from './vitest.config.ts';

process.env['NODE_DISABLE_COMPILE_CACHE'] = '1'; // what comes from a cache is counted less exactly

/** For `npm run coverage`: Node runs the sources as they are, here as in threads and child processes, and counts in all. */
export default defineConfig({
  test: {
    ...normal.test,
    exclude: [
      ...configDefaults.exclude,
      'test/**/!(faults-in-processes).stress.test.ts',
      'test/torture/**', // it kills what would have to be counted
    ],
    experimental: { viteModuleRunner: false },
    setupFiles: ['test/helpers/take-coverage.ts'],
  },
});
