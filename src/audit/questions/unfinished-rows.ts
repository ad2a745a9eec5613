import type { Finding } from './verification.ts';
import type { RowResult } from './row-ledger.ts';

interface RowRange {
  readonly first: number;
  last: number;
  readonly result: RowResult;
}

/** Rows without a terminal entry; neighbours that are so for the same reason stand together. */
export class UnfinishedRows {
  readonly #ranges: RowRange[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Takes the next row. @param result of its last entry, which does not end it */
  add(rowIndex: number, result: RowResult): void {
    this.#count++;
    const range = this.#ranges.at(-1);
    if (range?.last === rowIndex - 1 && range.result === result) range.last = rowIndex;
    else this.#ranges.push({ first: rowIndex, last: rowIndex, result });
  }

  /** @param runEnded whether they should have one by now */
  findings(runEnded: boolean): Finding[] {
    return this.#ranges.map(({ first, last, result }) => {
      const one = first === last;
      const why = reasonOf(result, one, runEnded);
      return one
        ? { about: 'row', message: `Row ${first} has no terminal entry${why}`, rowIndex: first }
        : {
            about: 'row',
            message: `Rows ${first} to ${last} have no terminal entry${why}`,
            rowIndex: first,
            lastRowIndex: last,
          };
    });
  }
}

function reasonOf(result: RowResult, one: boolean, runEnded: boolean): string {
  if (result !== 'none') return `: ${one ? 'it was' : 'they were'} cut off (${result})`;
  return runEnded ? '' : ': the run has not ended';
}
