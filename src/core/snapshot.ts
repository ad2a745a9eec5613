import { encode, joinEncoded, type Encoded, type EncodedList } from './codec.ts';
import { ColumnGroup } from './column-group.ts';
import { SharedBytes } from './large-bytes.ts';
import { isLarge, Moved, takeOver } from './moved.ts';
import { TextGroup } from './text-group.ts';

/** A row as it was when its snapshot was taken: by itself, or one of a group; {@link Uncloneable} where there can be none. */
export type Snapshot = Encoded;

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

export interface SnapshotsOptions {
  /** Whether large typed arrays may be kept as {@link SharedBytes}. */
  readonly sharesBytes?: boolean;
  /** Whether large values that were moved may be kept as {@link Moved}, each to be handed on by itself. */
  readonly handsOn?: boolean;
  /** Throws for a clone that can't be sent to where rows run. */
  readonly ensureSendable?: ((clone: unknown) => void) | undefined;
  /** How many rows there are, if that is known. */
  readonly expected?: number;
}

/** Takes the snapshots of the rows of one batch, in order. */
export class Snapshots {
  #inGroups: boolean;
  readonly #sharesBytes: boolean;
  readonly #handsOn: boolean;
  readonly #ensureSendable: SnapshotsOptions['ensureSendable'];
  #group: ColumnGroup | undefined;
  #smallGroups = 0;
  /** Of the next group. */
  #expected = 0;

  /** `inGroups`: whether rows of the same shape may be kept in columns, from which a single row's text is dear. */
  constructor(inGroups: boolean, options: SnapshotsOptions = {}) {
    const { sharesBytes, handsOn, ensureSendable, expected } = options;
    this.#ensureSendable = ensureSendable;
    this.#inGroups = inGroups;
    this.#sharesBytes = sharesBytes ?? false;
    this.#handsOn = handsOn ?? false;
    this.#expected = expected ?? 0;
  }

  /**
   * Detaches a row from its caller. Never throws: what can't be cloned becomes the row's error when it is admitted. Positions
   * grow, and a gap between them begins a new group.
   */
  take(row: unknown, position: number): Snapshot {
    try {
      const moved = takeOver(row);
      if (moved !== undefined) {
        return this.#handsOn && isLarge(moved) ? new Moved(moved) : this.#sendable(moved.value);
      }
      const bytes = this.#sharesBytes ? SharedBytes.of(row) : undefined;
      return bytes ?? this.#takeInGroup(row, position) ?? this.#sendable(encode(row));
    } catch (reason) {
      this.#group = undefined; // a getter may have thrown
      return new Uncloneable(reason);
    }
  }

  #sendable(encoded: Encoded): Encoded {
    if (typeof encoded === 'object' && encoded !== null) this.#ensureSendable?.(encoded);
    return encoded;
  }

  #takeInGroup(row: unknown, position: number): ColumnGroup | undefined {
    if (!this.#inGroups) return undefined;
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
  return join(
    list.map(({ snapshot }) => snapshot),
    { from: 0, to: list.length, positionOf: (index) => (list[index] as PlacedSnapshot).position },
  );
}

/** Some of a list of snapshots, whose positions follow one another. */
export interface SnapshotRange {
  readonly from: number;
  readonly to: number;
  /** Of the first in its group. */
  readonly position: number;
}

/** Like {@link joinSnapshots}. */
export function joinConsecutive(
  snapshots: readonly Snapshot[],
  { from, to, position }: SnapshotRange,
): EncodedList {
  return join(snapshots, { from, to, positionOf: (index) => position + index - from });
}

interface JoinedRange {
  readonly from: number;
  readonly to: number;
  /** Of the snapshot at an index in its group. */
  readonly positionOf: (index: number) => number;
}

function join(snapshots: readonly Snapshot[], range: JoinedRange): EncodedList {
  const parts: EncodedList[] = [];
  let others: Encoded[] = [];
  const endOthers = () => {
    if (others.length > 0) parts.push(joinEncoded(others));
    others = [];
  };
  const { to, positionOf } = range;
  for (let from = range.from; from < to;) {
    const snapshot = snapshots[from];
    if (snapshot instanceof SharedBytes) {
      endOthers();
      parts.push({ bytes: [snapshot] });
      from++;
    } else if (snapshot instanceof Moved) {
      endOthers();
      parts.push({ moved: snapshot.content });
      from++;
    } else if (isGroup(snapshot)) {
      const position = positionOf(from);
      const count = runLength(snapshots, { ...range, from });
      if (count >= SMALLEST_BLOCK) {
        endOthers();
        parts.push(snapshot.block(position, position + count));
      } else {
        others.push(...snapshot.encodedFrom(position, position + count));
      }
      from += count;
    } else {
      others.push(snapshot);
      from++;
    }
  }
  endOthers();
  return parts.length === 1 ? (parts[0] as EncodedList) : { parts };
}

/** A snapshot by itself. */
export function encodedOf({ snapshot, position }: PlacedSnapshot): Encoded {
  return isGroup(snapshot) ? snapshot.encodedFrom(position, position + 1)[0] : snapshot;
}

/** Snapshots, each by itself. */
export function encodedIn(
  snapshots: readonly Snapshot[],
  { from, to, position }: SnapshotRange,
): readonly Encoded[] {
  const range = { to, positionOf: (index: number) => position + index - from };
  const list: Encoded[] = [];
  for (let index = from; index < to;) {
    const snapshot = snapshots[index];
    if (isGroup(snapshot)) {
      const count = runLength(snapshots, { ...range, from: index });
      const first = range.positionOf(index);
      for (const encoded of snapshot.encodedFrom(first, first + count)) list.push(encoded);
      index += count;
    } else {
      list.push(snapshot);
      index++;
    }
  }
  return list;
}

function isGroup(snapshot: Snapshot): snapshot is ColumnGroup | TextGroup {
  return snapshot instanceof ColumnGroup || snapshot instanceof TextGroup;
}

/** How many snapshots from one on follow one another in the same group. */
function runLength(snapshots: readonly Snapshot[], { from, to, positionOf }: JoinedRange): number {
  const group = snapshots[from];
  const position = positionOf(from);
  let next = from + 1;
  while (next < to && snapshots[next] === group && positionOf(next) === position + next - from) next++;
  return next - from;
}
