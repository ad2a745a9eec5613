import type { ColumnBlock } from './column-block.ts';
import { encode, type Encoded } from './codec.ts';

const NO_INTEGERS = new Int32Array(0);
const NO_NUMBERS = new Float64Array(0);
/** Between two texts there is one character. */
const GAP = 1;

/** Texts that are kept as one, such as lines: nothing is made for each of them before it is asked for. */
export class TextRows {
  readonly #text: string;
  /** Where each text ends; the next one begins behind one character that belongs to none of them. */
  readonly #ends: Int32Array;
  readonly #from: number;
  readonly #to: number;

  /** @param ends where each text ends in `text`: the first one begins at 0, the others behind one character each */
  constructor(text: string, ends: Int32Array, range = { from: 0, to: ends.length }) {
    this.#text = text;
    this.#ends = ends;
    this.#from = range.from;
    this.#to = range.to;
  }

  get size(): number {
    return this.#to - this.#from;
  }

  /** All of them, with the character between each two. */
  get joined(): string {
    if (this.size === 0) return '';
    return this.#text.slice(this.#startOf(0), this.#startOf(this.size) - GAP);
  }

  at(index: number): string {
    return this.#text.slice(this.#startOf(index), this.#startOf(index + 1) - GAP);
  }

  /** Those from one index to, not including, another. */
  part(from: number, to: number): TextRows {
    return make(this.#text, this.#ends, { from: this.#from + from, to: this.#from + to });
  }

  /** As they cross a boundary. */
  block(): ColumnBlock {
    const lengths = new Int32Array(this.size);
    let start = this.#startOf(0);
    for (let index = 0; index < lengths.length; index++) {
      const end = this.#ends[this.#from + index] as number;
      lengths[index] = end - start;
      start = end + GAP;
    }
    const others = { keys: undefined, integers: NO_INTEGERS, numbers: NO_NUMBERS, others: [] };
    return { ...others, count: this.size, kinds: ['strings'], text: this.joined, lengths };
  }

  #startOf(index: number): number {
    const before = this.#from + index - 1;
    return before < 0 ? 0 : (this.#ends[before] as number) + GAP;
  }
}

/** The texts of a block; undefined when it has anything else. */
export function textRowsIn({ keys, kinds, text, lengths }: ColumnBlock): TextRows | undefined {
  if (keys !== undefined || kinds[0] !== 'strings') return undefined;
  const ends = new Int32Array(lengths.length);
  let end = -GAP;
  for (let index = 0; index < ends.length; index++) {
    end += GAP + (lengths[index] as number);
    ends[index] = end;
  }
  return new TextRows(text, ends);
}

/** The build would call a class by another name that names itself. */
function make(...parts: ConstructorParameters<typeof TextRows>): TextRows {
  return new TextRows(...parts);
}

/** Texts that were taken as rows: the snapshot of each of them, as strings can't be changed. */
export class TextGroup {
  /** Position of the first text; the others follow without a gap. */
  readonly first: number;
  readonly #rows: TextRows;

  constructor(rows: TextRows, first: number) {
    this.#rows = rows;
    this.first = first;
  }

  /** The texts from one position to another, ready to cross a boundary. */
  block(from: number, to: number): ColumnBlock {
    return this.#rows.part(from - this.first, to - this.first).block();
  }

  /** The texts from one position to another, each encoded by itself. */
  encodedFrom(from: number, to: number): Encoded[] {
    return Array.from({ length: to - from }, (_, index) => encode(this.#rows.at(from + index - this.first)));
  }
}
