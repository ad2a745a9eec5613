import type { RunHistory } from '../index.ts';
import { formatCount, formatCountOf } from './numbers.ts';

/** What is on record of a run that is continued, noted while the executor looks through it. Takes memory for failed rows. */
export class RunSurvey {
  readonly #retryFailed: boolean;
  /** Rows that have no success on record. */
  readonly #others = new Set<number>();
  /** Those of them that have to run. */
  readonly #toRun = new Set<number>();
  #rows = 0;
  #finishedFirst: number | undefined;

  /** @param retryFailed whether rows whose result was an error run again */
  constructor(retryFailed: boolean) {
    this.#retryFailed = retryFailed;
  }

  /** How many rows come before the first one that has no entry, or is to get another. */
  get finishedFirst(): number {
    return this.#finishedFirst ?? this.#rows;
  }

  /** How many of the first rows have to run. @param rowCount how many there still are */
  toRunOf(rowCount: number): number {
    let count = 0;
    for (const rowIndex of this.#toRun) if (rowIndex < rowCount) count++;
    return count;
  }

  /** What the user is told before any row runs. @param rowCount as of {@link toRunOf} */
  describe(rowCount: number): string {
    const toRun = this.toRunOf(rowCount);
    const areOnRecord = `${formatCountOf(this.#rows, 'row')} ${this.#rows === 1 ? 'is' : 'are'} on record`;
    return `${areOnRecord}, ${formatCount(toRun)} of them ${toRun === 1 ? 'has' : 'have'} to run, and any after them`;
  }

  /** Whether a row does not run, as its result is on record. */
  hasResult(rowIndex: number): boolean {
    return rowIndex < this.#rows && !this.#toRun.has(rowIndex);
  }

  /** Whether the result on record of a row is a success, so that nothing of its input is needed any more. */
  hasSucceeded(rowIndex: number): boolean {
    return rowIndex < this.#rows && !this.#others.has(rowIndex);
  }

  /** The same history; what is read of it is noted here. */
  watch(history: RunHistory): RunHistory {
    return { ...history, outlines: () => this.#watched(history) };
  }

  async *#watched(history: RunHistory): ReturnType<RunHistory['outlines']> {
    for await (const page of history.outlines()) {
      for (const { rowIndex, entry, result } of page) {
        const lacksEntry = entry === undefined || (this.#retryFailed && entry === 'error');
        const known = lacksEntry ? result : entry;
        if (lacksEntry) this.#finishedFirst ??= this.#rows;
        if (entry !== 'success') this.#others.add(rowIndex);
        if (known === undefined || (this.#retryFailed && known === 'error')) this.#toRun.add(rowIndex);
        this.#rows++;
      }
      yield page;
    }
  }
}
