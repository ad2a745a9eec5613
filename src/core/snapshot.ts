import { encode, type Encoded } from './codec.ts';
import { ColumnGroup } from './column-group.ts';

/** A row as it was when its snapshot was taken: by itself, or one of a group; {@link Uncloneable} where there can be none. */
export type Snapshot = Encoded;

/**
 * Detaches one row from its caller. Never throws: what can't be cloned becomes the row's error when it is admitted.
 */
export function snapshotOf(row: unknown): Snapshot {
  try {
    return encode(row);
  } catch (reason) {
    return new Uncloneable(reason);
  }
}

/** Why there is no snapshot of a row. */
export class Uncloneable {
  readonly reason: unknown;
  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** A group below this size was not worth its arrays. */
const SMALL_GROUP = 16;
/** So many small groups show that the rows differ too much in shape. */
const MOST_SMALL_GROUPS = 8;

/** Takes the snapshots of the rows of one batch, in order. */
export class Snapshots {
  #inGroups: boolean;
  #group: ColumnGroup | undefined;
  #smallGroups = 0;

  /** `inGroups`: whether rows of the same shape may be kept in columns, from which a single row's text is dear. */
  constructor(inGroups: boolean) {
    this.#inGroups = inGroups;
  }

  /** Like {@link snapshotOf}; positions follow one another. */
  take(row: unknown, position: number): Snapshot {
    if (!this.#inGroups) return snapshotOf(row);
    try {
      return this.#takeInGroup(row, position) ?? snapshotOf(row);
    } catch (reason) {
      this.#group = undefined;
      return new Uncloneable(reason); // a getter has thrown
    }
  }

  #takeInGroup(row: unknown, position: number): ColumnGroup | undefined {
    if (this.#group?.add(row) === true) return this.#group;
    if (this.#group !== undefined && this.#group.size < SMALL_GROUP) this.#smallGroups++;
    if (this.#smallGroups === MOST_SMALL_GROUPS) this.#inGroups = false;
    this.#group = this.#inGroups ? ColumnGroup.startWith(row, position) : undefined;
    return this.#group;
  }
}
