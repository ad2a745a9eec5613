// @ts-check
import core from '../../stryker.config.js';

/**
 * `npm run mutate:rest`: as `npm run mutate`, from nothing, for what surrounds src/core. All of it takes many hours; a random
 * sample: `SAMPLE=15 npm run mutate:rest` tries one function in 15; a part: `npm run mutate:rest -- --mutate src/batch.ts`.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  ...core,
  mutate: ['src/dispatcher.ts', 'src/batch.ts', 'src/delivery.ts', 'src/engine/**/*.ts', 'src/audit/**/*.ts'],
  plugins: [...core.plugins, './test/suite/sample-functions.js'],
  ignorers: ['sample'],
  incremental: false,
  // a busy machine must not pass for a test that notices
  timeoutMS: 10_000,
  timeoutFactor: 1.25,
  vitest: { configFile: 'vitest.mutate-rest.config.ts', related: false, pool: 'forks' },
  htmlReporter: { fileName: 'reports/mutation-rest/index.html' },
  jsonReporter: { fileName: 'reports/mutation-rest/mutation.json' },
  thresholds: { high: 90, low: 80, break: null },
};
