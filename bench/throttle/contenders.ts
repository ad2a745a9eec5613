import { AimdThrottle } from '../../src/core/throttle/aimd-throttle.ts';
import { resolveThrottleOptions } from '../../src/options.ts';
import { awsAdaptive } from './aws-adaptive.ts';
import type { Contender } from './contender.ts';
import { executorWith } from './executor-contender.ts';
import { fullJitter } from './full-jitter.ts';
import { PredecessorThrottle } from './predecessor-throttle.ts';

/** The executor as it is, with default options. */
export const ours = executorWith('pooled-executor', () => new AimdThrottle(resolveThrottleOptions({})));

export const CONTENDERS: readonly Contender[] = [
  ours,
  { ...executorWith("the predecessor's law", () => new PredecessorThrottle()), seeds: 1, isStorm: true },
  fullJitter,
  awsAdaptive,
];
