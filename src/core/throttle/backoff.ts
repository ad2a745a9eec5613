import type { ResolvedThrottleOptions } from './throttle-options.ts';

/** Doubling beyond this exponent changes nothing within any cap and would overflow. */
const MAX_EXPONENT = 30;
/** No wait is shorter than this, in ms, so that nothing is ever tried again at once. */
export const MIN_BACKOFF_MS = 1;

/**
 * The wait after `failures` failures in a row before the present one, in ms: one step, multiplied for each of them, up to
 * the most.
 */
export function backoffMs(options: ResolvedThrottleOptions, failures: number): number {
  const { minDispatchDelayMs, maxDispatchDelayMs, backoffMultiplier, recoveryStepMs } = options;
  const base = Math.max(recoveryStepMs, minDispatchDelayMs);
  const grown = base * backoffMultiplier ** Math.min(MAX_EXPONENT, failures);
  return Math.max(MIN_BACKOFF_MS, Math.min(maxDispatchDelayMs, grown));
}
