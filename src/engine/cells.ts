const NUMBER = 1;
const STRING = 2;
const BIGINT = 3;
/** A string, as UTF-8. */
const UTF8 = 4;
/** Values that their kind says all about, by their kinds from here on. */
const CONSTANTS = [undefined, null, true, false] as const;
const FIRST_CONSTANT = 5;

/** A cell begins with its kind and, for text, its length; each cell is a multiple of 8 bytes long. */
const HEADER_BYTES = 8;
/** A call into Buffer is dearer than copying so many characters by hand. */
const SHORT_TEXT = 32;
/** The most that a character takes as UTF-8. */
const UTF8_BYTES = 3;

/**
 * Primitives written one behind the other into memory that others read; strings exactly. As UTF-8 most texts take half the
 * time and the memory, but a lone half of a surrogate pair has none.
 */
export class Cells {
  readonly #bytes: Buffer;
  readonly #ints: Int32Array;
  readonly #floats: Float64Array;
  readonly #units: Uint16Array;

  constructor(buffer: SharedArrayBuffer, offset: number, bytes: number) {
    this.#bytes = Buffer.from(buffer, offset, bytes);
    this.#ints = new Int32Array(buffer, offset, bytes / 4);
    this.#floats = new Float64Array(buffer, offset, bytes / 8);
    this.#units = new Uint16Array(buffer, offset, bytes / 2);
  }

  /** Writes a value; gives the place behind it, or undefined when it does not fit in before `limit`. */
  write(at: number, value: unknown, limit: number): number | undefined {
    switch (typeof value) {
      case 'number':
        if (at + HEADER_BYTES + 8 > limit) return undefined;
        this.#ints[at / 4] = NUMBER;
        this.#floats[at / 8 + 1] = value;
        return at + HEADER_BYTES + 8;
      case 'string':
        return this.#writeUtf8(at, value, limit) ?? this.#writeText(at, STRING, value, limit);
      case 'bigint':
        return this.#writeText(at, BIGINT, String(value), limit);
      default:
        if (at + HEADER_BYTES > limit) return undefined;
        this.#ints[at / 4] = FIRST_CONSTANT + CONSTANTS.indexOf(value as (typeof CONSTANTS)[number]);
        return at + HEADER_BYTES;
    }
  }

  /** Reads so many values from a place on. */
  read(at: number, count: number): unknown[] {
    let next = at;
    return Array.from({ length: count }, () => {
      const kind = this.#ints[next / 4] as number;
      const start = next + HEADER_BYTES;
      if (kind >= FIRST_CONSTANT) {
        next = start;
        return CONSTANTS[kind - FIRST_CONSTANT];
      }
      if (kind === NUMBER) {
        next = start + 8;
        return this.#floats[start / 8];
      }
      const length = this.#ints[next / 4 + 1] as number;
      if (kind === UTF8) {
        next = behind(start, length);
        return this.#bytes.toString('utf8', start, start + length);
      }
      next = behind(start, 2 * length);
      const text = this.#bytes.toString('utf16le', start, start + 2 * length);
      return kind === BIGINT ? BigInt(text) : text;
    });
  }

  /** Undefined for a string that is better written as its characters are, or does not fit in. */
  #writeUtf8(at: number, text: string, limit: number): number | undefined {
    const start = at + HEADER_BYTES;
    if (text.length <= SHORT_TEXT || !text.isWellFormed()) return undefined;
    const mayNotFit = behind(start, UTF8_BYTES * text.length) > limit;
    if (mayNotFit && behind(start, Buffer.byteLength(text)) > limit) return undefined;
    const bytes = this.#bytes.write(text, start, 'utf8');
    this.#ints[at / 4] = UTF8;
    this.#ints[at / 4 + 1] = bytes;
    return behind(start, bytes);
  }

  #writeText(at: number, kind: number, text: string, limit: number): number | undefined {
    const start = at + HEADER_BYTES;
    const { length } = text;
    const next = behind(start, 2 * length);
    if (next > limit) return undefined;
    this.#ints[at / 4] = kind;
    this.#ints[at / 4 + 1] = length;
    if (length > SHORT_TEXT) this.#bytes.write(text, start, 'utf16le');
    else for (let index = 0; index < length; index++) this.#units[start / 2 + index] = text.charCodeAt(index);
    return next;
  }
}

function behind(start: number, bytes: number): number {
  return start + 8 * Math.ceil(bytes / 8);
}
