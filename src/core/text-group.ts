import { encode, type Encoded } from './codec.ts';
import type { TextBlock, TextRows } from './text-rows.ts';

/** Texts that were taken as rows: the snapshot of each of them. */
export class TextGroup {
  /** Position of the first text; the others follow without a gap. */
  readonly first: number;
  readonly #rows: TextRows;

  constructor(rows: TextRows, first: number) {
    this.#rows = rows;
    this.first = first;
  }

  texts(from: number, to: number): TextRows {
    return this.#rows.part(from - this.first, to - this.first);
  }

  /** The texts from one position to another, ready to cross a boundary. */
  block(from: number, to: number): { readonly texts: TextBlock } {
    return { texts: this.texts(from, to).block };
  }

  /** The texts from one position to another, each encoded by itself. */
  encodedFrom(from: number, to: number): Encoded[] {
    return this.texts(from, to).list().map(encode);
  }
}
