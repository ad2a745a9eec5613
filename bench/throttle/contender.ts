import type { Throttle } from '../../src/core/throttle/throttle.ts';
import type { Scenario } from './scenario.ts';
import type { Service } from './service.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A way to send rows to a service that may refuse them. */
export interface Contender {
  readonly name: string;
  /** How many seeds it gets at most. Default: all. */
  readonly seeds?: number;
  /** Answers refusals with so many attempts that some scenarios go without it. */
  readonly isStorm?: boolean;
  /** Sends every row until it is accepted or given up; resolves with the number of those given up. */
  run(job: Job): Promise<number>;
}

export interface Job {
  readonly scenario: Scenario;
  readonly clock: VirtualClock;
  readonly service: Service;
  readonly seed: number;
  /** Called with the throttle, where there is one, before the first row is sent. */
  readonly watch?: ((throttle: Throttle) => void) | undefined;
}
