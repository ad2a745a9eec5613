import type { RowIdentity } from './batch.ts';
import type { Continuation, ContinuedRow } from './continuation.ts';
import type { RowSource, SourceStep } from './row-source.ts';

/** A row that was submitted before, where a source otherwise gives the row itself. */
export class Readmission {
  readonly row: ContinuedRow;

  constructor(row: ContinuedRow) {
    this.row = row;
  }

  get identity(): RowIdentity {
    return this.row.kind === 'recorded' ? this.row.entry : this.row.row;
  }
}

export interface ContinuedSourceParts {
  /** The rows of the run from its first on. */
  readonly source: RowSource<unknown>;
  /** Looks at what is on record, and reads the source as far as it is; undefined when nothing is. Called once. */
  readonly begin: () => Promise<Continuation | undefined>;
  /** Resolves when the consumer has taken everything so far and asks for more. */
  readonly caughtUp: () => Promise<void>;
}

/**
 * The rows of a run that may be on record: first a {@link Readmission} for each row that was submitted before, then the
 * new rows as they come. The first row that has no result yet is not given before the consumer has dealt with the results
 * before it.
 */
export class ContinuedSource implements RowSource<unknown> {
  readonly #parts: ContinuedSourceParts;
  #rows: AsyncGenerator<ContinuedRow, void> | undefined;
  #state: 'unopened' | 'on record' | 'new' = 'unopened';
  #caughtUp = false;

  constructor(parts: ContinuedSourceParts) {
    this.#parts = parts;
  }

  next(): SourceStep<unknown> | Promise<SourceStep<unknown>> {
    return this.#state === 'new' ? this.#parts.source.next() : this.#nextOnRecord();
  }

  close(): void | Promise<void> {
    return this.#parts.source.close();
  }

  async #nextOnRecord(): Promise<SourceStep<unknown>> {
    try {
      if (this.#state === 'unopened') await this.#open();
      const step = await this.#rows?.next();
      if (step?.done !== false) {
        this.#state = 'new';
        if (this.#rows !== undefined) await this.#catchUp();
        return await this.#parts.source.next();
      }
      if (step.value.kind === 'unfinished') await this.#catchUp();
      return { done: false, value: new Readmission(step.value) };
    } catch (reason) {
      await this.#parts.source.close(); // nobody will read it any further
      throw reason;
    }
  }

  /** Once the consumer has looked, it need not be waited for again: rows run and wait for each other's turn as ever. */
  async #catchUp(): Promise<void> {
    if (this.#caughtUp) return;
    await this.#parts.caughtUp();
    this.#caughtUp = true;
  }

  async #open(): Promise<void> {
    const continuation = await this.#parts.begin();
    this.#state = 'on record';
    this.#rows = continuation?.rows();
  }
}
