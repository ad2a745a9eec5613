const NUMBER = 1;
const STRING = 2;
const BIGINT = 3;
/** Values that their kind says all about, by their kinds from here on. */
const CONSTANTS = [undefined, null, true, false] as const;
const FIRST_CONSTANT = 4;

/** A cell begins with its kind and, for text, its length; each cell is a multiple of 8 bytes long. */
const HEADER_BYTES = 8;
/** A call into Buffer is dearer than copying so many characters by hand. */
const SHORT_TEXT = 32;

/** Primitives written one behind the other into memory that others read; strings exactly, as UTF-16. */
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
        return this.#writeText(at, STRING, value, limit);
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
      next = behindText(start, length);
      const text = this.#bytes.toString('utf16le', start, start + 2 * length);
      return kind === BIGINT ? BigInt(text) : text;
    });
  }

  #writeText(at: number, kind: number, text: string, limit: number): number | undefined {
    const start = at + HEADER_BYTES;
    const { length } = text;
    const next = behindText(start, length);
    if (next > limit) return undefined;
    this.#ints[at / 4] = kind;
    this.#ints[at / 4 + 1] = length;
    if (length > SHORT_TEXT) this.#bytes.write(text, start, 'utf16le');
    else for (let index = 0; index < length; index++) this.#units[start / 2 + index] = text.charCodeAt(index);
    return next;
  }
}

function behindText(start: number, length: number): number {
  return start + 8 * Math.ceil(length / 4);
}
