/** Bounds and steps of the throttle, in ms but for the factor; the options of the executor of the same names. */
export interface ResolvedThrottleOptions {
  /** Not above `maxDispatchDelayMs`. */
  readonly minDispatchDelayMs: number;
  /** Above 0. */
  readonly maxDispatchDelayMs: number;
  /** Above 1. */
  readonly backoffMultiplier: number;
  /** Above 0 when `minDispatchDelayMs` is 0. */
  readonly recoveryStepMs: number;
}
