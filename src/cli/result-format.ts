import type { RowError, TextRows } from '../index.ts';

/** How results stand in the output. */
export interface ResultFormat {
  /**
   * Gives the text of a row that succeeded.
   *
   * @param json the output of its transform
   * @throws ResultProblem when the format can't carry it
   */
  success(json: string): string;
  /** The same for many rows, as UTF-8, where that is quicker. */
  successes?(outputs: TextRows): Uint8Array;
  /** Gives the text that stands in the place of a row that failed. */
  failure(error: RowError): string;
  /** Gives what is left to write when there are no more rows. */
  end(): string;
}

/** A row's output can't stand in a file of this format: the row has failed. */
export class ResultProblem extends Error {
  override readonly name = 'ResultProblem';
}
