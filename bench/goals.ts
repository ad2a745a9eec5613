import { ratio, withRange, type NumberFormat } from './format.ts';
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
