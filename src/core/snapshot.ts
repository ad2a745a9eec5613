import { encode, joinEncoded, type Encoded, type EncodedList } from './codec.ts';
import { ColumnGroup } from './column-group.ts';
import { SharedBytes } from './large-bytes.ts';

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
  readonly #sharesBytes: boolean;
  #group: ColumnGroup | undefined;
  #smallGroups = 0;
  /** Of the next group. */
  #expected = 0;

  /**
   * `inGroups`: whether rows of the same shape may be kept in columns, from which a single row's text is dear;
   * `sharesBytes`: whether large typed arrays may be kept as {@link SharedBytes}; `expected`: how many rows there are, if
   * that is known.
   */
  constructor(
    inGroups: boolean,
    {
      sharesBytes = false,
      expected = 0,
    }: { readonly sharesBytes?: boolean; readonly expected?: number } = {},
  ) {
    this.#inGroups = inGroups;
    this.#sharesBytes = sharesBytes;
    this.#expected = expected;
  }

  /** Like {@link snapshotOf}; positions grow, and a gap between them begins a new group. */
  take(row: unknown, position: number): Snapshot {
    const bytes = this.#sharesBytes ? SharedBytes.of(row) : undefined;
    if (bytes !== undefined) return bytes;
    if (!this.#inGroups) return snapshotOf(row);
    try {
      return this.#takeInGroup(row, position) ?? snapshotOf(row);
    } catch (reason) {
      this.#group = undefined;
      return new Uncloneable(reason); // a getter has thrown
    }
  }

  #takeInGroup(row: unknown, position: number): ColumnGroup | undefined {
    const group = this.#group;
    if (group !== undefined && group.first + group.size === position && group.add(row)) return group;
    if (group !== undefined) {
      if (group.size < SMALL_GROUP) this.#smallGroups++;
      this.#expected = group.size;
    }
    if (this.#smallGroups === MOST_SMALL_GROUPS) this.#inGroups = false;
    this.#group = this.#inGroups
      ? ColumnGroup.startWith(row, { position, expected: this.#expected })
      : undefined;
    return this.#group;
  }
}

/** A snapshot and its position in its group, if it has one. */
export interface PlacedSnapshot {
  readonly snapshot: Snapshot;
  readonly position: number;
}

/** Fewer rows are not worth the arrays of a block. */
const SMALLEST_BLOCK = 8;

/** Snapshots as they cross a boundary together: those of a group as a block, the others by themselves. */
export function joinSnapshots(list: readonly PlacedSnapshot[]): EncodedList {
  const parts: EncodedList[] = [];
  let others: Encoded[] = [];
  const endOthers = () => {
    if (others.length > 0) parts.push(joinEncoded(others));
    others = [];
  };
  for (let from = 0; from < list.length;) {
    const { snapshot, position } = list[from] as PlacedSnapshot;
    if (snapshot instanceof SharedBytes) {
      endOthers();
      parts.push({ bytes: [snapshot] });
      from++;
      continue;
    }
    const count = snapshot instanceof ColumnGroup ? runLength(list, from) : 1;
    if (snapshot instanceof ColumnGroup && count >= SMALLEST_BLOCK) {
      endOthers();
      parts.push(snapshot.block(position, position + count));
    } else {
      for (const one of list.slice(from, from + count)) others.push(encodedOf(one));
    }
    from += count;
  }
  endOthers();
  return parts.length === 1 ? (parts[0] as EncodedList) : { parts };
}

/** A snapshot by itself. */
export function encodedOf({ snapshot, position }: PlacedSnapshot): Encoded {
  return snapshot instanceof ColumnGroup ? snapshot.encodedAt(position) : snapshot;
}

/** How many snapshots from one on follow one another in the same group. */
function runLength(list: readonly PlacedSnapshot[], from: number): number {
  const { snapshot, position } = list[from] as PlacedSnapshot;
  let count = 1;
  for (
    let next = list[from + 1];
    next?.snapshot === snapshot && next?.position === position + count;
    next = list[from + ++count]
  );
  return count;
}
