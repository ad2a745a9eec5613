import type { Batch } from './batch.ts';
import type { StatsCounter } from './core/stats.ts';

/** Counts how long rows were held back by the gate: for the executor, and for each batch that had rows to send. */
export class PacingAccount {
  readonly #totals: StatsCounter;
  #open: { readonly since: number; readonly batches: ReadonlySet<Batch> } | undefined;

  constructor(totals: StatsCounter) {
    this.#totals = totals;
  }

  /** Whether rows are held back at present. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** From now on rows of these batches are held back, until {@link close}. */
  open(now: number, batches: ReadonlySet<Batch>): void {
    this.#open = { since: now, batches };
  }

  /** Counts what has passed since then, if rows were held back. */
  close(now: number): void {
    if (this.#open === undefined) return;
    const { since, batches } = this.#open;
    this.#open = undefined;
    const elapsedMs = now - since;
    for (const batch of batches) batch.stats.onPaced(elapsedMs);
    this.#totals.onPaced(elapsedMs);
  }
}
