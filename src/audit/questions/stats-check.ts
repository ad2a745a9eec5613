import type { BatchStats } from '../../core/stats.ts';

/** A counter as a batch stated it at its end, and what the records of the batch allow it to be. */
export interface CheckedCounter {
  readonly name: CheckedName;
  readonly stated: number;
  /** The least and the most that agree with the records; the same where they tell exactly. */
  readonly least: number;
  readonly most: number;
}

/** The counters of the stats that can be recomputed; `currentDelayMs` and `pacedTimeMs` leave no traces. */
export type CheckedName = Exclude<keyof BatchStats, 'currentDelayMs' | 'pacedTimeMs'>;

/** What may get lost when milliseconds are added up, as a share of the sum. */
const ROUNDING = 1e-9;

export function agrees({ stated, least, most }: CheckedCounter): boolean {
  const slack = Math.abs(stated) * ROUNDING;
  return stated >= least - slack && stated <= most + slack;
}
