/** One row on its way from the input to the executor. */
export interface InputRow {
  /** Number of the line it starts on, from 1. */
  readonly line: number;
  /** The row as JSON text, or, of a row that could not be read, what is known of it. */
  readonly text: string;
  /** Why the row could not be read, when that is known before a worker has tried. */
  readonly problem: string | undefined;
}

/** Turns the bytes of an input into rows. */
export interface RowReader {
  /** Gives the rows that are complete with this chunk. */
  push(chunk: Buffer): readonly InputRow[] | Promise<readonly InputRow[]>;
  /** Gives what is left when the input has ended. */
  end(): readonly InputRow[] | Promise<readonly InputRow[]>;
}
