import type { Spans } from './spans.ts';

/** How many rows of a run ran at once, rebuilt from its attempts. */
export interface ConcurrencyReport {
  /** The most at one time. */
  readonly highest: number;
  /** From the first start to the last end, in ms. */
  readonly spanMs: number;
  /** How long so many rows ran at once, in ms; from 0 on. */
  readonly msAtLevel: readonly number[];
  /** The mean number of running rows in each of {@link STRETCHES} stretches of equal length. */
  readonly overTime: readonly number[];
}

/** Into how many stretches a run is divided. */
export const STRETCHES = 60;

/** @param spans when each slice of the run began and ended: rows of a slice run one after another */
export function describeConcurrency(spans: Spans): ConcurrencyReport {
  const msAtLevel: number[] = [];
  let [first, last] = [Infinity, -Infinity];
  spans.walk((from, to, count) => {
    first = Math.min(first, from);
    last = Math.max(last, to);
    while (msAtLevel.length <= count) msAtLevel.push(0);
    msAtLevel[count] = (msAtLevel[count] as number) + (to - from);
  });
  const spanMs = Math.max(0, last - first);
  return {
    highest: Math.max(0, msAtLevel.length - 1),
    spanMs,
    msAtLevel,
    overTime: spanMs === 0 ? [] : meansOf(spans, first, spanMs / STRETCHES),
  };
}

function meansOf(spans: Spans, first: number, stretchMs: number): readonly number[] {
  const means = new Array<number>(STRETCHES).fill(0);
  spans.walk((from, to, count) => {
    let stretch = Math.min(STRETCHES - 1, Math.floor((from - first) / stretchMs));
    for (let at = from; at < to; stretch++) {
      const end = stretch === STRETCHES - 1 ? to : Math.min(to, first + (stretch + 1) * stretchMs);
      means[stretch] = (means[stretch] as number) + (count * (end - at)) / stretchMs;
      at = Math.max(at, end);
    }
  });
  return means;
}
