import { MOST_DIFFERENCES, type StatsDifference, type StatsReport } from './audit-report.ts';
import { agrees, type CheckedCounter, type CheckedName } from './stats-check.ts';

/** Counters of which batches together have the highest, not the sum. */
const HIGHEST: ReadonlySet<CheckedName> = new Set(['peakDelayMs', 'maxConcurrentReached']);

/** Puts together what the batches of a run stated and what was recounted. */
export class StatsTally {
  readonly #totals = new Map<CheckedName, CheckedCounter>();
  readonly #differences: StatsDifference[] = [];
  #batches = 0;
  #differenceCount = 0;

  add(batchId: string, counters: readonly CheckedCounter[]): void {
    this.#batches++;
    for (const counter of counters) {
      this.#totals.set(counter.name, join(this.#totals.get(counter.name), counter));
      if (agrees(counter)) continue;
      this.#differenceCount++;
      if (this.#differences.length < MOST_DIFFERENCES) this.#differences.push({ batchId, ...counter });
    }
  }

  report(): StatsReport {
    return {
      batches: this.#batches,
      counters: [...this.#totals.values()],
      differences: this.#differences,
      differenceCount: this.#differenceCount,
    };
  }
}

function join(total: CheckedCounter | undefined, counter: CheckedCounter): CheckedCounter {
  if (total === undefined) return counter;
  const { name } = counter;
  const both = HIGHEST.has(name) ? Math.max : (one: number, other: number) => one + other;
  return {
    name,
    stated: both(total.stated, counter.stated),
    least: both(total.least, counter.least),
    most: both(total.most, counter.most),
  };
}
