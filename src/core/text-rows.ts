import { LONGEST_TEXT } from './longest-text.ts';

/** Behind each text there is one byte. */
const GAP = 1;

/** Texts as they cross a boundary: as UTF-8, with a line break behind each of them. */
export interface TextBlock {
  readonly bytes: Uint8Array;
  /** Where each text ends, `base` bytes further on than it is in `bytes`. */
  readonly ends: Int32Array;
  readonly base: number;
}

/** Texts that are kept as one, such as lines: nothing is made for each of them before it is asked for. */
export class TextRows {
  /** Where it is shared memory, texts cross to a thread without being copied. Nobody writes to it. */
  readonly block: TextBlock;

  constructor(block: TextBlock) {
    this.block = block;
  }

  get size(): number {
    return this.block.ends.length;
  }

  /** All of them, with a line break behind each. */
  get bytes(): Uint8Array {
    return this.block.bytes;
  }

  at(index: number): string {
    const { bytes } = this.block;
    return bufferOf(bytes).toString('utf8', this.#startOf(index), this.#startOf(index + 1) - GAP);
  }

  /** Each of them: quicker than {@link at} for many. */
  list(): string[] {
    const texts: string[] = [];
    for (let from = 0; from < this.size;) {
      const to = this.#endOfPiece(from);
      this.#addPiece(from, to, texts);
      from = to;
    }
    return texts;
  }

  /** Those from one index to, not including, another. */
  part(from: number, to: number): TextRows {
    const { bytes, ends, base } = this.block;
    const start = this.#startOf(from);
    return make({
      bytes: bytes.subarray(start, this.#startOf(to)),
      ends: ends.subarray(from, to),
      base: base + start,
    });
  }

  /** Up to which index texts are decoded together, from one on. */
  #endOfPiece(from: number): number {
    const most = this.#startOf(from) + LONGEST_TEXT;
    let to = from + 1;
    while (to < this.size && this.#startOf(to + 1) <= most) to++;
    return to;
  }

  #addPiece(from: number, to: number, texts: string[]): void {
    const { bytes, ends, base } = this.block;
    const first = this.#startOf(from);
    const behind = this.#startOf(to);
    const piece = bufferOf(bytes).toString('utf8', first, behind);
    // where there are as many characters as bytes, each character is where its byte is
    const isAscii = piece.length === behind - first;
    let start = 0;
    for (let index = from; index < to; index++) {
      const end = (ends[index] as number) - base - first;
      texts.push(isAscii ? piece.slice(start, end) : this.at(index));
      start = end + GAP;
    }
  }

  #startOf(index: number): number {
    const { ends, base } = this.block;
    return index === 0 ? 0 : (ends[index - 1] as number) - base + GAP;
  }
}

/** The build would call a class by another name that names itself. */
function make(block: TextBlock): TextRows {
  return new TextRows(block);
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
