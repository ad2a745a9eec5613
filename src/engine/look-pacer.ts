/** A look that suddenly takes longer was probably held up; one that goes on doing so is believed. */
const MOST_GROWTH = 4;

/** Says when something may be looked at again, so that looking takes no more than a share of the time. Times in ms. */
export class LookPacer {
  readonly #share: number;
  #costMs: number;
  #dueAt: number;

  /**
   * Time begins at 0.
   *
   * @param share above 0, and 1 at most; with Infinity it can always be afforded
   * @param expectedMs what a look costs for all that is known before the first
   */
  constructor(share: number, expectedMs: number) {
    this.#share = share;
    this.#costMs = expectedMs;
    this.#dueAt = expectedMs / share;
  }

  /** From when on the next look is affordable. */
  get dueAt(): number {
    return this.#dueAt;
  }

  onLooked(tookMs: number, now: number): void {
    this.#costMs = Math.min(tookMs, MOST_GROWTH * this.#costMs);
    this.#dueAt = now + this.#costMs / this.#share;
  }
}
