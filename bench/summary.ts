/** Several measurements of one figure. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarise(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('Cannot summarise as there are no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number };
}

/** The ratio in each round, so that what slows a whole round down cancels out. */
export function ratiosPerRound(numerators: readonly number[], denominators: readonly number[]): number[] {
  if (numerators.length !== denominators.length) {
    throw new RangeError(
      `Cannot compare rounds as there are ${numerators.length} and ${denominators.length} of them`,
    );
  }
  return numerators.map((numerator, round) => numerator / (denominators[round] as number));
}
