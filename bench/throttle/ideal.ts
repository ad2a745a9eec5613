import { BinaryHeap } from '../../src/core/binary-heap.ts';
import { Dice } from './dice.ts';
import { instantOfShare } from './figures.ts';
import type { Scenario } from './scenario.ts';
import { LEAST_WAY_MS, MOST_WAY_MS, SIGMA } from './service.ts';

/**
 * When a scheduler that knows the service would have 95 % of the rows done, in ms: each call arrives at the first moment at
 * which it is accepted, and no permit waits for longer than it must.
 */
export function idealInstant(scenario: Scenario, seed: number): number {
  const { rows, poolSize, workMs, makeLimit } = scenario;
  const dice = new Dice(seed);
  const limit = makeLimit(new Dice(seed + 1));
  const permits = new BinaryHeap<number>((a, b) => a < b);
  for (let permit = 0; permit < poolSize; permit++) permits.push(0);
  const ends: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [up, down] = [dice.uniform(LEAST_WAY_MS, MOST_WAY_MS), dice.uniform(LEAST_WAY_MS, MOST_WAY_MS)];
    const work = dice.logNormal(workMs, SIGMA);
    const acceptedAt = limit.book((permits.pop() ?? 0) + up, work);
    const end = acceptedAt + work + down;
    permits.push(end);
    ends.push(end);
  }
  return instantOfShare(ends, rows);
}
