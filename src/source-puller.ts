import type { Clock } from './core/clock.ts';
import { TextRows } from './core/text-rows.ts';
import type { RowSource, SourceStep } from './row-source.ts';

/** Where the rows of a stream come from, and where they go. */
export interface PulledRows {
  readonly source: RowSource<unknown>;
  readonly clock: Clock;
  /** How many rows may be admitted and not yet taken, at this moment. */
  readonly window: () => number;
  readonly admit: (row: unknown) => void;
  /** Several at once. */
  readonly admitTexts: (rows: TextRows) => void;
  /** No more rows will be admitted. */
  readonly close: () => void;
}

export interface SourcePullerParts extends PulledRows {
  /** How many rows are admitted and not yet taken. */
  readonly pending: () => number;
  /** The source has failed, or could not be closed. */
  readonly onError: (reason: unknown) => void;
}

/** A source that answers at once is pulled no longer than this before the event loop gets its turn. */
const LONGEST_PULL_MS = 5;
/** Rows between two looks at the clock. */
const CLOCK_INTERVAL = 16;
/** Of the window. */
const LEAST_SHARE = 1 / 64;

/** Pulls the rows of a stream from its source, one after another, while the window has room. */
export class SourcePuller {
  readonly #parts: SourcePullerParts;
  #pulling = false;
  /** What the source gave and the window has no room for yet. */
  #texts: TextRows | undefined;
  /** No more is pulled. */
  #ended = false;
  #readToEnd = false;

  constructor(parts: SourcePullerParts) {
    this.#parts = parts;
  }

  /** Whether the source itself has ended: it was neither stopped before, nor has it failed. */
  get readToEnd(): boolean {
    return this.#readToEnd;
  }

  /**
   * Pulls if the window has room.
   *
   * @param isBusy whether the consumer has something to take: then a few rows of a large window are not worth the cost
   */
  pull(isBusy: boolean): void {
    if (this.#pulling || this.#ended || this.#room < (isBusy ? this.#leastRoom : 1)) return;
    void this.#pullWhileRoom();
  }

  /** Stops pulling and closes the source; what was admitted goes on. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#texts = undefined;
    this.#parts.close();
    try {
      await this.#parts.source.close();
    } catch (reason) {
      this.#parts.onError(reason);
    }
  }

  /** How many rows the window has room for. */
  get #room(): number {
    return this.#parts.window() - this.#parts.pending();
  }

  get #leastRoom(): number {
    return Math.max(1, this.#parts.window() * LEAST_SHARE);
  }

  /** Never rejects: an error of the source is passed on. */
  async #pullWhileRoom(): Promise<void> {
    const { source, clock } = this.#parts;
    let startedAt = clock.now();
    let pulled = 0;
    this.#pulling = true;
    try {
      while (!this.#ended && this.#room > 0) {
        if (this.#texts === undefined) {
          const next = source.next();
          const step = next instanceof Promise ? await next : next;
          if (this.#isLast(step)) return;
          if (step.value instanceof TextRows) this.#texts = step.value;
          else this.#parts.admit(step.value);
        }
        if (this.#texts !== undefined) this.#admitSome(this.#texts);
        if (++pulled % CLOCK_INTERVAL !== 0 || clock.now() - startedAt < LONGEST_PULL_MS) continue;
        await new Promise<void>((resolve) => {
          clock.defer(resolve);
        });
        startedAt = clock.now();
      }
    } catch (reason) {
      this.#parts.onError(reason);
      this.#ended = true;
      this.#parts.close();
    } finally {
      this.#pulling = false;
    }
  }

  /** As many as there is room for. */
  #admitSome(texts: TextRows): void {
    const count = Math.min(texts.size, Math.max(1, this.#room)); // there was room when they were asked for
    this.#texts = count < texts.size ? texts.part(count, texts.size) : undefined;
    this.#parts.admitTexts(texts.part(0, count));
  }

  #isLast(step: SourceStep<unknown>): step is IteratorReturnResult<unknown> {
    if (this.#ended) return true; // closed while the step was under way
    if (step.done !== true) return false;
    this.#ended = true;
    this.#readToEnd = true;
    this.#parts.close();
    return true;
  }
}
