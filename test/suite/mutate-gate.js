// @ts-check
import core from '../../stryker.config.js';

/**
 * `npm run mutate:gate`, in CI: as `npm run mutate`, from nothing, for parts of src/core on which permits, delays and counters
 * rest and whose mutants end soon (hardly any loops for ever), in one to three minutes. 255 of 266 are noticed, the others are
 * explained in test/mutants.md: it fails when one more survives.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  ...core,
  mutate: [
    'src/core/{semaphore,stats,capacity-error}.ts',
    'src/core/throttle/{aimd-delay,backoff,congestion-window,pacer}.ts',
  ],
  concurrency: 2,
  incremental: false,
  reporters: ['clear-text', 'progress-append-only'],
  thresholds: { high: 100, low: 95.8, break: 95.8 },
};
