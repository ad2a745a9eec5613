// @ts-check
import core from '../../stryker.config.js';

/**
 * `npm run mutate:rest`: as `npm run mutate`, for what surrounds src/core. It takes hours; a part of it, for example:
 * `npm run mutate:rest -- --mutate src/batch.ts`.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  ...core,
  mutate: ['src/dispatcher.ts', 'src/batch.ts', 'src/delivery.ts', 'src/engine/**/*.ts', 'src/audit/**/*.ts'],
  vitest: { configFile: 'vitest.mutate-rest.config.ts', related: false },
  incrementalFile: 'reports/mutation-rest/incremental.json',
  htmlReporter: { fileName: 'reports/mutation-rest/index.html' },
  jsonReporter: { fileName: 'reports/mutation-rest/mutation.json' },
  thresholds: { high: 90, low: 80, break: null },
};
