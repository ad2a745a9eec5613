import type { EncodedList } from '../core/codec.ts';
import {
  joinSnapshots,
  Snapshots,
  Uncloneable,
  type PlacedSnapshot,
  type SnapshotsOptions,
} from '../core/snapshot.ts';

/** What stands for a row without an output. */
const NONE = '[]';

/** The outputs of a slice, each detached from whatever the transform does with it later. */
export class SliceOutputs {
  readonly #snapshots: Snapshots;
  readonly #list: PlacedSnapshot[] = [];

  /** @param inColumns whether outputs of one shape may be kept in columns */
  constructor(inColumns: boolean, options: Pick<SnapshotsOptions, 'expected' | 'handsOn'>) {
    this.#snapshots = new Snapshots(inColumns, options);
  }

  /**
   * Takes the output of the next row.
   *
   * @throws whatever says that it can't be cloned; then {@link addNone} takes its place
   */
  add(output: unknown): void {
    const position = this.#list.length;
    const snapshot = this.#snapshots.take(output, position);
    if (snapshot instanceof Uncloneable) throw snapshot.reason;
    this.#list.push({ snapshot, position });
  }

  /** The next row has no output. */
  addNone(): void {
    this.#list.push({ snapshot: NONE, position: this.#list.length });
  }

  /** The output that was added last. */
  get last(): PlacedSnapshot | undefined {
    return this.#list[this.#list.length - 1]; // not by a method that a row may have exchanged
  }

  /** How long each text in {@link join} is, where those are joined. */
  textLengths(): Int32Array {
    const lengths = new Int32Array(this.#list.length);
    for (let index = 0; index < lengths.length; index++) {
      lengths[index] = (this.#list[index]?.snapshot as string).length;
    }
    return lengths;
  }

  /** All of them, ready to cross a boundary. */
  join(): EncodedList {
    return joinSnapshots(this.#list);
  }
}
