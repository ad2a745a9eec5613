/** How a contender compares with a plain loop at one amount of work per row. */
export interface SpeedUpPoint {
  readonly microseconds: number;
  readonly speedUp: number;
}

/**
 * The work per row, in µs, from which on the speed-up stays at 1 or more, by linear interpolation between the logarithms
 * of the two points around it. The least point when all are at 1 or more; Infinity when the last one is below.
 */
export function breakEven(points: readonly SpeedUpPoint[]): number {
  const below = points.findLastIndex(({ speedUp }) => speedUp < 1);
  const [last, next] = [points[below], points[below + 1]];
  if (next === undefined) return Infinity;
  if (last === undefined) return next.microseconds;
  const share = -Math.log(last.speedUp) / (Math.log(next.speedUp) - Math.log(last.speedUp));
  return last.microseconds * (next.microseconds / last.microseconds) ** share;
}
