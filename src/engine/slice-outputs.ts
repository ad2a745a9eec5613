import type { EncodedList } from '../core/codec.ts';
import {
  joinSnapshots,
  Snapshots,
  Uncloneable,
  type PlacedSnapshot,
  type Snapshot,
  type SnapshotsOptions,
} from '../core/snapshot.ts';

/** What stands for a row without an output. */
const NONE = '[]';

export interface SliceOutputsOptions extends Pick<
  SnapshotsOptions,
  'expected' | 'handsOn' | 'ensureSendable'
> {
  /** Whether outputs of one shape may be kept in columns. */
  readonly inColumns: boolean;
  /**
   * Gives the outputs back that were strings, and kept, from the first on: while there are only such,
   * these need not be kept twice. Undefined where nobody keeps them.
   */
  readonly keptTexts: (() => readonly string[]) | undefined;
}

/** The outputs of a slice, each detached from whatever the transform does with it later. */
export class SliceOutputs {
  readonly #snapshots: Snapshots;
  readonly #list: PlacedSnapshot[] = [];
  /** Undefined when any output is in {@link #list}. */
  #keptTexts: SliceOutputsOptions['keptTexts'];
  #count = 0;
  #lastText: string | undefined;

  constructor({ inColumns, keptTexts, ...options }: SliceOutputsOptions) {
    this.#snapshots = new Snapshots(inColumns, options);
    this.#keptTexts = keptTexts;
  }

  /**
   * Takes the output of the next row.
   *
   * @throws whatever says that it can't be cloned; then {@link addNone} takes its place
   */
  add(output: unknown): void {
    if (this.#keptTexts !== undefined) {
      if (typeof output === 'string' && output.isWellFormed()) {
        this.#lastText = output;
        this.#count++;
        return;
      }
      this.holdAll();
    }
    this.#addToList(output);
  }

  /** The next row has no output. */
  addNone(): void {
    this.holdAll();
    this.#put(NONE, this.#list.length);
  }

  /** The output that was added last, unless it is {@link lastText}. */
  get last(): PlacedSnapshot | undefined {
    if (this.#keptTexts !== undefined) return undefined;
    return this.#list[this.#list.length - 1]; // not by a method that a row may have exchanged
  }

  /** The output that was added last, where there are only strings, which are kept. */
  get lastText(): string | undefined {
    return this.#keptTexts === undefined ? undefined : this.#lastText;
  }

  /** Whether all outputs are strings of which nothing is here, as they are kept. */
  get areKept(): boolean {
    return this.#keptTexts !== undefined && this.#count > 0;
  }

  /** Holds the outputs here that were only kept so far, and the last one, which may not have been. */
  holdAll(): void {
    if (this.#keptTexts === undefined) return;
    const texts = this.#count === 0 ? [] : this.#keptTexts();
    this.#keptTexts = undefined;
    for (let index = 0; index < texts.length; index++) this.#addToList(texts[index]);
    if (texts.length < this.#count) this.#addToList(this.#lastText);
  }

  /** How long each text in {@link join} is, where those are joined. */
  textLengths(): Int32Array {
    const lengths = new Int32Array(this.#list.length);
    for (let index = 0; index < lengths.length; index++) {
      lengths[index] = (this.#list[index]?.snapshot as string).length;
    }
    return lengths;
  }

  /** All of them, unless {@link areKept}, ready to cross a boundary. */
  join(): EncodedList {
    return joinSnapshots(this.#list);
  }

  #addToList(output: unknown): void {
    const position = this.#list.length;
    const snapshot = this.#snapshots.take(output, position);
    if (snapshot instanceof Uncloneable) throw snapshot.reason;
    this.#put(snapshot, position);
  }

  /** Not by a method that a row may have exchanged: the output before would stand for this one. */
  #put(snapshot: Snapshot, position: number): void {
    this.#list[position] = { snapshot, position };
  }
}
