import type { Outcome } from '../core/outcome.ts';
import type { PlacedSnapshot } from '../core/snapshot.ts';

/** How a row of a slice ended, before its slice did. Instants in ms on the shared monotonic clock. */
export interface KeptOutcome {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly outcome: Outcome;
}

/** What a worker keeps of a row: its output, or the outcome of a row that did not succeed. */
export interface RowEnd {
  /** The output, where it is a string and may leave as what is kept of it. */
  readonly text?: string | undefined;
  /** Any other output. */
  readonly output: PlacedSnapshot | undefined;
  readonly other: Outcome | undefined;
  readonly startedAt: number;
  readonly finishedAt: number;
}
