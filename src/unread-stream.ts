import type { BatchStats } from './core/stats.ts';
import type { Entry } from './core/entry.ts';
import type { EntryRun } from './entry-run.ts';
import type { EntryStream } from './entry-stream.ts';

export interface UnreadStreamParts {
  /** Begins the stream; undefined when it is over before it has begun. What it throws is what the first reader is told. */
  readonly begin: () => EntryStream<unknown> | undefined;
  /** Closes the source of a stream that will never begin. */
  readonly close: () => void | Promise<void>;
  /** The counters of a stream that has not begun. */
  readonly stats: () => BatchStats;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A stream that begins when its first entry is asked for. Until then nobody but its consumer knows of it, so that one
 * nobody reads holds nothing.
 */
export class UnreadStream implements EntryStream<unknown> {
  readonly #parts: UnreadStreamParts;
  /** Once it has begun. */
  #stream: EntryStream<unknown> | undefined;
  /** It was stopped, or had ended, before it could begin. */
  #over = false;

  constructor(parts: UnreadStreamParts) {
    this.#parts = parts;
  }

  get stats(): BatchStats {
    return this.#stream?.stats ?? this.#parts.stats();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Entry<unknown>, undefined>> {
    return this.#stream?.next() ?? this.#read((stream) => stream.next(), DONE);
  }

  nextReady(): Promise<readonly Entry<unknown>[]> {
    return this.#stream?.nextReady() ?? this.#read((stream) => stream.nextReady(), []);
  }

  nextRuns(): Promise<readonly EntryRun[]> {
    return this.#stream?.nextRuns() ?? this.#read((stream) => stream.nextRuns(), []);
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    if (this.#stream !== undefined) return this.#stream.return();
    await this.#end();
    return DONE;
  }

  async throw(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  /** Begins the stream and asks it, at once; without one, what is asked for is `none`. */
  async #read<Answer>(ask: (stream: EntryStream<unknown>) => Promise<Answer>, none: Answer): Promise<Answer> {
    if (this.#over) return none;
    try {
      this.#stream = this.#parts.begin();
    } catch (reason) {
      await this.#end();
      throw reason;
    }
    if (this.#stream !== undefined) return ask(this.#stream);
    await this.#end();
    return none;
  }

  async #end(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    try {
      await this.#parts.close();
    } catch {
      // that the source can't be closed is nobody's concern any more
    }
  }
}
