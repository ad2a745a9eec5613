import type { Entry } from './core/entry.ts';
import { Fifo } from './core/fifo.ts';
import type { EntryRun } from './entry-run.ts';

/** Entries that wait for their consumer, in order. */
export class EntryQueue {
  /** None of them is empty. */
  readonly #runs = new Fifo<EntryRun>();
  /** The first run, as far as it was not taken. */
  #head: EntryRun | undefined;
  /** How many of its entries were taken. */
  #taken = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(run: EntryRun): void {
    if (run.size === 0) return;
    this.#runs.push(run);
    this.#size += run.size;
  }

  shift(): Entry<unknown> | undefined {
    const head = (this.#head ??= this.#runs.shift());
    if (head === undefined) return undefined;
    const entry = head.at(this.#taken++);
    this.#size--;
    if (this.#taken === head.size) this.#dropHead();
    return entry;
  }

  /** Takes out up to `count` entries from the front. */
  take(count: number): EntryRun[] {
    const runs: EntryRun[] = [];
    for (let left = count; left > 0 && this.#size > 0;) {
      const head = (this.#head ??= this.#runs.shift() as EntryRun);
      const end = Math.min(head.size, this.#taken + left);
      const run = end - this.#taken === head.size ? head : head.part(this.#taken, end);
      runs.push(run);
      left -= run.size;
      this.#size -= run.size;
      this.#taken = end;
      if (end === head.size) this.#dropHead();
    }
    return runs;
  }

  clear(): void {
    this.#runs.clear();
    this.#dropHead();
    this.#size = 0;
  }

  #dropHead(): void {
    this.#head = undefined;
    this.#taken = 0;
  }
}
