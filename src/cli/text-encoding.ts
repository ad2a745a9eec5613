import { isUtf8 } from 'node:buffer';
import { Fifo } from './fifo.ts';

const LF = 10;
const CR = 13;

/** What bytes become that are no UTF-8. A text may have it of its own. */
export const REPLACEMENT = '\uFFFD';

/** Said of a row, or a header, that has such bytes: what they stood for would be lost, and nothing would say so. */
export const NOT_UTF8 =
  'it is not UTF-8: pipe the input through iconv -f WINDOWS-1252 -t UTF-8, or -f what it is in';

/** Finds the lines of a text, which comes in chunks, that are no UTF-8. */
export class Utf8Check {
  /** Of a character, at the end of the last chunk. */
  #rest: Buffer = Buffer.alloc(0);
  /** How many bytes came before {@link #rest}. */
  #offset = 0;
  /** Where the line under way began, in bytes from the start. */
  #lineStart = 0;
  /** Where lines begin that are no UTF-8. */
  readonly #faults = new Fifo<number>();
  /** The first of those in {@link #faults}, taken out. */
  #first: number | undefined;

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.length - lengthOfUnfinished(bytes);
    this.#check(bytes.subarray(0, end));
    this.#rest = Buffer.from(bytes.subarray(end)); // a copy: the chunk is its giver's
  }

  end(): void {
    this.#check(this.#rest);
    this.#rest = Buffer.alloc(0);
  }

  /** Whether one of the lines that begin before this many bytes is no UTF-8. They are forgotten. */
  takeBefore(bytes: number): boolean {
    let found = false;
    for (;;) {
      this.#first ??= this.#faults.shift();
      if (this.#first === undefined || this.#first >= bytes) return found;
      this.#first = undefined;
      found = true;
    }
  }

  #check(bytes: Buffer): void {
    if (!isUtf8(bytes)) this.#findFaults(bytes);
    const lineEnd = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1;
    if (lineEnd > 0) this.#lineStart = this.#offset + lineEnd;
    this.#offset += bytes.length;
  }

  #findFaults(bytes: Buffer): void {
    let start = 0;
    for (let end = 1; end <= bytes.length; end++) {
      const last = bytes[end - 1];
      if (last !== LF && last !== CR && end < bytes.length) continue;
      if (!isUtf8(bytes.subarray(start, end)))
        this.#faults.push(start === 0 ? this.#lineStart : this.#offset + start);
      start = end;
    }
  }
}

/** How many bytes at the end begin a character that is not whole. */
function lengthOfUnfinished(bytes: Buffer): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length] as number;
    if (byte >= 0xc0) return length < lengthOfCharacter(byte) ? length : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

function lengthOfCharacter(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  return firstByte >= 0xe0 ? 3 : 2;
}
