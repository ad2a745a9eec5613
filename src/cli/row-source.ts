import { Fifo } from './fifo.ts';
import type { InputRow, RowReader } from './input-row.ts';

/** What a row is for the executor: its text, or why there is none. See workers/line-transform.ts. */
export type SourceRow = string | { readonly malformed: string };

type Step = IteratorResult<SourceRow, undefined>;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Hands the rows of an input to the executor, and remembers those whose entry has not come back. Written by hand, as
 * an async generator costs more per row than all else here.
 */
export class RowSource implements AsyncIterableIterator<SourceRow, undefined> {
  readonly #batches: AsyncGenerator<readonly InputRow[], void>;
  readonly #onClose: () => void;
  readonly #keeps: (rowIndex: number) => boolean;
  readonly #handedOut = new Fifo<InputRow>();
  #nextIndex = 0;
  #batch: readonly InputRow[] = [];
  #position = 0;
  #rowsRead = 0;
  #closed = false;

  /**
   * @param onClose frees the input; called once, when it has ended or is no longer wanted
   * @param keeps whether the row at this position is remembered until its entry comes back; default: all are
   */
  constructor(
    chunks: AsyncIterable<Buffer>,
    reader: RowReader,
    onClose: () => void,
    keeps: (rowIndex: number) => boolean = () => true,
  ) {
    this.#batches = readBatches(chunks, reader);
    this.#onClose = onClose;
    this.#keeps = keeps;
  }

  /** Rows read from the input so far, handed out or not. */
  get rowsRead(): number {
    return this.#rowsRead;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Rows at hand come at once, which the executor takes; typed as what an iterator may be. */
  next(): Promise<Step> {
    const row = this.#closed ? undefined : this.#batch[this.#position];
    return row === undefined ? this.#nextBatch() : (this.#handOut(row) as unknown as Promise<Step>);
  }

  /** Stops reading, also while a `next` is pending. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.#close();
    return Promise.resolve(DONE);
  }

  /** Gives the row that was handed out at this position; rows are taken in order. Undefined for one that is not kept. */
  take(rowIndex: number): InputRow | undefined {
    if (!this.#keeps(rowIndex)) return undefined;
    const row = this.#handedOut.shift();
    if (row === undefined) throw new Error('Cannot take row as none was handed out');
    return row;
  }

  async #nextBatch(): Promise<Step> {
    while (!this.#closed) {
      const batch = await this.#readBatch();
      if (batch === undefined) break;
      this.#batch = batch;
      this.#position = 0;
      this.#rowsRead += batch.length;
      const first = batch[0];
      if (first !== undefined) return this.#handOut(first);
    }
    this.#close();
    return DONE;
  }

  async #readBatch(): Promise<readonly InputRow[] | undefined> {
    try {
      return (await this.#batches.next()).value ?? undefined;
    } catch (reason) {
      if (this.#closed) return undefined; // the input was closed under the read
      throw reason;
    }
  }

  #handOut(row: InputRow): IteratorYieldResult<SourceRow> {
    this.#position++;
    if (this.#keeps(this.#nextIndex++)) this.#handedOut.push(row);
    return { done: false, value: row.problem === undefined ? row.text : { malformed: row.problem } };
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }
}

async function* readBatches(
  chunks: AsyncIterable<Buffer>,
  reader: RowReader,
): AsyncGenerator<readonly InputRow[], void> {
  for await (const chunk of chunks) yield await reader.push(chunk);
  yield await reader.end();
}
