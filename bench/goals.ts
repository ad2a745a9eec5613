import { count, ratio, withRange, type NumberFormat } from './format.ts';
import type { Goal } from './group.ts';
import type { Summary } from './summary.ts';

/** Reached when the median is `least` or more. */
export function atLeast(
  figure: string,
  least: number,
  measured: Summary,
  format: NumberFormat = ratio,
): Goal {
  return {
    figure,
    goal: `≥ ${least.toLocaleString('en')}`,
    measured: withRange(measured, format),
    reached: measured.median >= least,
  };
}

/** Reached when the median is `most` or less. */
export function atMost(figure: string, most: number, measured: Summary, format: NumberFormat = ratio): Goal {
  return {
    figure,
    goal: `≤ ${most.toLocaleString('en')}`,
    measured: withRange(measured, format),
    reached: measured.median <= most,
  };
}

/** The speed-up over a plain loop that two threads should reach, by µs of work per row. */
const SPEED_UPS = [
  [20, 1.5],
  [100, 1.8],
  [1_000, 1.9],
] as const;

/** @param measuredAt the speed-up with so many µs of work per row; undefined where that was not measured */
export function speedUpGoals(measuredAt: (microseconds: number) => Summary | undefined): Goal[] {
  return SPEED_UPS.map(([microseconds, least]) => {
    const measured = measuredAt(microseconds);
    if (measured === undefined) throw new Error(`Cannot judge ${microseconds} µs as it was not measured`);
    return atLeast(`speed-up over a plain loop at ${count(microseconds)} µs per row`, least, measured);
  });
}
