import type { EntryPlace, RecordedEntries } from './audit/trail-event.ts';
import type { Entry } from './core/entry.ts';
import type { TextRows } from './core/text-rows.ts';

type Status = Entry<unknown>['result']['status'];

/** Entries that follow one another, wherever they are. */
export interface EntryList {
  /** Makes it, where it is not there yet. */
  entryAt(index: number): Entry<unknown>;
  /** The same without its result and the name of its row, where these are not needed. */
  placeAt(index: number): EntryPlace;
  stateIdAt(index: number): string;
  statusAt(index: number): Status;
  /** As of {@link EntryRun}. */
  textsIn?(from: number, to: number): TextRows | undefined;
}

/** Entries that are next in order. */
export class EntryRun<Output = unknown> implements Iterable<Entry<Output>>, RecordedEntries {
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
    const list: EntryList = {
      entryAt,
      placeAt: entryAt,
      stateIdAt: (index) => entryAt(index).stateId,
      statusAt: (index) => entryAt(index).result.status,
    };
    return new EntryRun(list, { from: 0, to: entries.length });
  }

  /** The entry as it is given to the consumer: to be asked for once, as it may be made each time. */
  at(index: number): Entry<Output> {
    return this.#list.entryAt(this.#from + index) as Entry<Output>;
  }

  placeAt(index: number): EntryPlace {
    return this.#list.placeAt(this.#from + index);
  }

  rowIndexAt(index: number): number {
    return this.placeAt(index).rowIndex;
  }

  stateIdAt(index: number): string {
    return this.#list.stateIdAt(this.#from + index);
  }

  statusAt(index: number): Status {
    return this.#list.statusAt(this.#from + index);
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
