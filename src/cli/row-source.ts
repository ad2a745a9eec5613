import { Fifo } from './fifo.ts';
import type { TextRows } from '../index.ts';
import { ListedRows, type InputRow, type InputRows, type RowReader } from './input-row.ts';

/** What a row is for the executor: its text, or why there is none. See workers/line-transform.ts. */
export type SourceRow = string | { readonly malformed: string };

type Step = IteratorResult<SourceRow | TextRows, undefined>;

export interface RowSourceOptions {
  /** Frees the input; called once, when it has ended or is no longer wanted. */
  readonly onClose: () => void;
  /** Called when the input has ended and had no row in it: the end comes when this is done, or its error. */
  readonly onEmpty: () => Promise<void>;
  /**
   * Whether the row at this position is remembered until its entry comes back, where each is handed out by itself; by
   * default all are, and many may be handed out at once.
   */
  readonly keeps?: ((rowIndex: number) => boolean) | undefined;
}

/** Rows that were handed out. */
interface HandedOut {
  /** Of the first of them. */
  readonly rowIndex: number;
  readonly rows: InputRows;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
const NO_ROWS = new ListedRows([]);

/**
 * Hands the rows of an input to the executor, and remembers those whose entry has not come back. Written by hand, as
 * an async generator costs more per row than all else here.
 */
export class RowSource implements AsyncIterableIterator<SourceRow | TextRows, undefined> {
  readonly #batches: AsyncGenerator<InputRows, void>;
  readonly #options: RowSourceOptions;
  readonly #handedOut = new Fifo<HandedOut>();
  /** The first of those in {@link #handedOut}, taken out. */
  #first: HandedOut | undefined;
  #nextIndex = 0;
  #batch: InputRows = NO_ROWS;
  #position = 0;
  #rowsRead = 0;
  #hasEnded = false;
  #closed = false;

  constructor(chunks: AsyncIterable<Buffer>, reader: RowReader, options: RowSourceOptions) {
    this.#batches = readBatches(chunks, reader);
    this.#options = options;
  }

  /** Rows read from the input so far, handed out or not. */
  get rowsRead(): number {
    return this.#rowsRead;
  }

  /** Whether the input was read to its end, and it was not stopped before. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Rows at hand come at once, which the executor takes; typed as what an iterator may be. */
  next(): Promise<Step> {
    if (this.#closed || this.#position === this.#batch.size) return this.#nextBatch();
    return this.#handOut() as unknown as Promise<Step>;
  }

  /** Stops reading, also while a `next` is pending. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.#close();
    return Promise.resolve(DONE);
  }

  /** Gives the row that was handed out at this position, and forgets those before it. */
  rowAt(rowIndex: number): InputRow {
    this.forgetBefore(rowIndex);
    const first = this.#first;
    if (first === undefined || first.rowIndex > rowIndex)
      throw new Error(`Cannot find row ${rowIndex} as it is not kept`);
    return first.rows.at(rowIndex - first.rowIndex);
  }

  /** The entries of the rows before this position have been dealt with. */
  forgetBefore(rowIndex: number): void {
    this.#first ??= this.#handedOut.shift();
    while (this.#first !== undefined && this.#first.rowIndex + this.#first.rows.size <= rowIndex) {
      this.#first = this.#handedOut.shift();
    }
  }

  async #nextBatch(): Promise<Step> {
    while (!this.#closed) {
      const batch = await this.#readBatch();
      if (batch === undefined) break;
      this.#batch = batch;
      this.#position = 0;
      this.#rowsRead += batch.size;
      if (batch.size > 0) return this.#handOut();
    }
    if (!this.#closed && this.#rowsRead === 0) await this.#options.onEmpty();
    if (!this.#closed) this.#hasEnded = true;
    this.#close();
    return DONE;
  }

  async #readBatch(): Promise<InputRows | undefined> {
    try {
      return (await this.#batches.next()).value ?? undefined;
    } catch (reason) {
      if (this.#closed) return undefined; // the input was closed under the read
      throw reason;
    }
  }

  #handOut(): IteratorYieldResult<SourceRow | TextRows> {
    const { keeps } = this.#options;
    const { texts, size } = this.#batch;
    if (keeps === undefined) {
      if (this.#position === 0) this.#handedOut.push({ rowIndex: this.#nextIndex, rows: this.#batch });
      if (texts !== undefined) {
        this.#position = size;
        this.#nextIndex += size;
        return { done: false, value: texts };
      }
    }
    const row = this.#batch.at(this.#position++);
    const rowIndex = this.#nextIndex++;
    if (keeps?.(rowIndex) === true) this.#handedOut.push({ rowIndex, rows: new ListedRows([row]) });
    return { done: false, value: row.problem === undefined ? row.text : { malformed: row.problem } };
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClose();
  }
}

async function* readBatches(
  chunks: AsyncIterable<Buffer>,
  reader: RowReader,
): AsyncGenerator<InputRows, void> {
  for await (const chunk of chunks) yield await reader.push(chunk);
  yield await reader.end();
}
