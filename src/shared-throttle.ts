import { AimdThrottle } from './core/throttle/aimd-throttle.ts';
import type { Throttle } from './core/throttle/throttle.ts';
import { resolveThrottleOptions, type ThrottleOptions } from './options.ts';

/**
 * Makes a throttle for several executors that share a quota: a refusal of one slows all. Pass it to each as `throttle`.
 *
 * @throws TypeError when an option is unknown or its value is not allowed.
 */
export function sharedThrottle(options: ThrottleOptions = {}): Throttle {
  return new AimdThrottle(resolveThrottleOptions(options));
}
