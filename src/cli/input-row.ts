import type { TextRows } from '../index.ts';

/** One row on its way from the input to the executor. */
export interface InputRow {
  /** Number of the line it starts on, from 1. */
  readonly line: number;
  /** The row as JSON text, or, of a row that could not be read, what is known of it. */
  readonly text: string;
  /** Why the row could not be read, when that is known before a worker has tried. */
  readonly problem: string | undefined;
}

/** Rows that follow one another in the input. */
export interface InputRows {
  readonly size: number;
  /** Their texts, where that is all there is to know of them. */
  readonly texts?: TextRows;
  at(index: number): InputRow;
}

/** Turns the bytes of an input into rows. */
export interface RowReader {
  /** Gives the rows that are complete with this chunk. */
  push(chunk: Buffer): InputRows | Promise<InputRows>;
  /** Gives what is left when the input has ended. */
  end(): InputRows | Promise<InputRows>;
}

/** Rows of any kind. */
export class ListedRows implements InputRows {
  readonly #rows: readonly InputRow[];

  constructor(rows: readonly InputRow[]) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.length;
  }

  at(index: number): InputRow {
    return this.#rows[index] as InputRow;
  }
}

/** Lines one after the other, each of which is a row as it is. */
export class PlainLines implements InputRows {
  readonly texts: TextRows;
  readonly #firstLine: number;

  constructor(texts: TextRows, firstLine: number) {
    this.texts = texts;
    this.#firstLine = firstLine;
  }

  get size(): number {
    return this.texts.size;
  }

  at(index: number): InputRow {
    return { line: this.#firstLine + index, text: this.texts.at(index), problem: undefined };
  }
}
