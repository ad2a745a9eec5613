import type { BatchRow } from './batch.ts';
import type { Clock } from './core/clock.ts';

/**
 * Gathers admitted rows, so that they are queued, and recorded, many at a time: when a full slice is there, and at the
 * latest when the present turn of the event loop is over.
 */
export class Admission {
  readonly #clock: Clock;
  readonly #groupSize: () => number;
  readonly #pass: (rows: readonly BatchRow[]) => void;
  #rows: BatchRow[] = [];
  #deferred = false;

  constructor(clock: Clock, groupSize: () => number, pass: (rows: readonly BatchRow[]) => void) {
    this.#clock = clock;
    this.#groupSize = groupSize;
    this.#pass = pass;
  }

  add(row: BatchRow): void {
    this.#rows.push(row);
    if (this.#rows.length >= this.#groupSize()) this.flush();
    else this.#flushSoon();
  }

  flush(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    this.#pass(rows);
  }

  #flushSoon(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#clock.defer(() => {
      this.#deferred = false;
      this.flush();
    });
  }
}
