import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/** So many rows in a row that return no promise make it likely that more follow. */
const SYNC_ROWS = 32;
/** It pays to look out for what rows start as long as at most one of so many rows starts anything, after a few. */
const ROWS_PER_START = 16;
const FEW_STARTS = 8;

/** What {@link AsyncLocalStorage} hands on. */
interface Mark<Row> {
  row: Row;
}

/**
 * Knows which row it was that started whatever runs at this moment: a timer, a callback, what follows an `await`.
 *
 * A mark for each row costs more than all else that a worker does for a small one. A row that has started nothing leaves its
 * mark to the next one. Whether it has is known from a hook for what is started, which would make promises dear, so that it is
 * set only where rows return none. One thing goes unnoticed: a promise from before that a row resolves with another one, or
 * with a thenable. What comes of that later counts as the last of the rows that had the mark.
 */
export class RowOrigin<Row> {
  readonly #storage = new AsyncLocalStorage<Mark<Row>>();
  readonly #hook = createHook({
    init: () => {
      this.#isTaken = true;
    },
    // a promise from before keeps the mark of the row that settles it: an error that nobody catches is that row's
    promiseResolve: () => {
      this.#isTaken = true;
    },
  });
  #mark: Mark<Row> | undefined;
  /** Whether something that goes on later may have the mark. */
  #isTaken = true;
  #looksOut = false;
  #gaveUp = false;
  /** In a row that returned no promise. */
  #syncRows = 0;
  /** While it looks out: rows, and marks that were needed for them. */
  #rows = 0;
  #marks = 0;

  /** The row that started what runs now, if one did. */
  get current(): Row | undefined {
    return this.#storage.getStore()?.row;
  }

  /** A row begins; it counts as what started all that is started from now on. */
  enter(row: Row): void {
    const mark = this.#mark;
    if (mark !== undefined && !this.#isTaken && this.#storage.getStore() === mark) mark.row = row;
    else this.#setMark(row);
    this.#isTaken = !this.#looksOut;
    if (this.#looksOut) this.#rows++;
    else if (++this.#syncRows === SYNC_ROWS && !this.#gaveUp) this.#lookOut();
  }

  /** The row goes on later, as it has returned a promise: it must not be taken for one before it. */
  onPromise(): void {
    this.#isTaken = true;
    this.#syncRows = 0;
    if (this.#looksOut) this.#giveUp();
  }

  #setMark(row: Row): void {
    this.#mark = { row };
    this.#storage.enterWith(this.#mark);
    if (this.#looksOut && ++this.#marks > FEW_STARTS + this.#rows / ROWS_PER_START) this.#giveUp();
  }

  #lookOut(): void {
    this.#hook.enable();
    this.#looksOut = true;
  }

  #giveUp(): void {
    this.#hook.disable();
    this.#looksOut = false;
    this.#gaveUp = true;
  }
}
