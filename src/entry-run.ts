import type { Entry } from './core/entry.ts';
import type { TextRows } from './core/text-rows.ts';

/** Entries that follow one another, wherever they are. */
export interface EntryList {
  /** Makes it, where it is not there yet. */
  entryAt(index: number): Entry<unknown>;
  /** As of {@link EntryRun}. */
  textsIn?(from: number, to: number): TextRows | undefined;
}

/** Entries that are next in order. */
export class EntryRun<Output = unknown> implements Iterable<Entry<Output>> {
  readonly size: number;
  readonly #list: EntryList;
  readonly #from: number;

  constructor(list: EntryList, range: { readonly from: number; readonly to: number }) {
    this.#list = list;
    this.#from = range.from;
    this.size = range.to - range.from;
  }

  static of(entries: readonly Entry<unknown>[]): EntryRun {
    const entryAt = (index: number) => entries[index] as Entry<unknown>;
    return new EntryRun({ entryAt }, { from: 0, to: entries.length });
  }

  /** The entry as it is given to the consumer: to be asked for once, as it may be made each time. */
  at(index: number): Entry<Output> {
    return this.#list.entryAt(this.#from + index) as Entry<Output>;
  }

  /** Those from one index to, not including, another. */
  part(from: number, to: number): EntryRun<Output> {
    return new EntryRun(this.#list, { from: this.#from + from, to: this.#from + to });
  }

  /** The outputs, where all rows have succeeded and all of these are strings that are kept as texts. */
  get texts(): TextRows | undefined {
    return this.#list.textsIn?.(this.#from, this.#from + this.size);
  }

  *[Symbol.iterator](): Iterator<Entry<Output>, undefined> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }
}
