/** Workers on which rows must have made the same change for it to be the transform's own way of working. */
export const WORKERS_FOR_OWN_WAY = 3;
/** Workers that may be replaced for changes altogether; more where there are more of them. */
const MOST_REPLACED = 20;

/** What is to be done about a worker on which a row has changed what others share. */
export type Verdict =
  /** It must not run another row. */
  | { readonly kind: 'replace' }
  /** It may go on, these changes are as they should be. */
  | { readonly kind: 'accept'; readonly isNews: boolean }
  /** It may go on, and need not look any more: there are too many such changes to start a worker for each. */
  | { readonly kind: 'give up'; readonly isNews: boolean; readonly replaced: number };

/**
 * Tells a row that changes what is not its own from a transform that works that way, such as one that fills a global cache or
 * loads a polyfill with its first row: that one does so on each worker, and would lose them all, again and again.
 */
export class OwnWays {
  readonly #mostReplaced: number;
  /** Workers on which it was changed, by name. */
  readonly #workers = new Map<string, Set<number>>();
  readonly #replaced = new Set<number>();
  #hasGivenUp = false;

  /** @param workers how many there are at once */
  constructor(workers: number) {
    this.#mostReplaced = Math.max(MOST_REPLACED, 2 * workers);
  }

  /** `names` have been changed on that worker. */
  judge(worker: number, names: readonly string[]): Verdict {
    if (this.#hasGivenUp) return { kind: 'give up', isNews: false, replaced: this.#replaced.size };
    let isNews = false;
    let isOwnWay = true;
    for (const name of names) {
      const workers = this.#workers.get(name) ?? new Set();
      this.#workers.set(name, workers);
      if (workers.size < WORKERS_FOR_OWN_WAY) {
        workers.add(worker);
        isNews ||= workers.size === WORKERS_FOR_OWN_WAY;
      }
      isOwnWay &&= workers.size === WORKERS_FOR_OWN_WAY;
    }
    if (isOwnWay) return { kind: 'accept', isNews };
    if (this.#replaced.size < this.#mostReplaced) {
      this.#replaced.add(worker);
      return { kind: 'replace' };
    }
    this.#hasGivenUp = true;
    return { kind: 'give up', isNews: true, replaced: this.#replaced.size };
  }
}
