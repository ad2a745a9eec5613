import { toBlock, type ColumnBlock } from './column-block.ts';
import { encode, type Encoded } from './codec.ts';
import { LONGEST_TEXT } from './longest-text.ts';
import { isPlainObject } from './plain-object.ts';
import { makeObjects } from './shape-maker.ts';
import { isPrimitive, readerFor, type ShapeReader } from './shape-reader.ts';

const MOST_ROWS = 1_024;
const MOST_KEYS = 64;

/** Where a group begins. */
interface GroupPlace {
  readonly position: number;
  /** How many values there may be in it: so much room it has from the first on, as growing is dear. */
  readonly expected: number;
}

/**
 * Values of one shape, detached from their originals and taken apart into columns: plain objects with the same keys in the
 * same order, or primitives. Measured on rows of five fields, this costs a quarter of JSON text in both directions:
 * strings are shared instead of copied, and numbers cross a boundary as they are.
 */
export class ColumnGroup {
  /** Position of the first value; the others follow without a gap. */
  readonly first: number;
  /** Undefined when the values are primitives, which then are the only column. */
  readonly keys: readonly string[] | undefined;
  /** Whether a column holds nested objects and arrays, as JSON text. */
  readonly nested: readonly boolean[];
  readonly #columns: unknown[][];
  /** Absent where the values are primitives. */
  readonly #read: ShapeReader | undefined;
  #size = 0;
  /** Of all strings: they are one text when they cross, and long ones must not stay until a thousandth row is done. */
  #characters = 0;

  private constructor(place: GroupPlace, keys: readonly string[] | undefined, nested: readonly boolean[]) {
    this.first = place.position;
    this.keys = keys;
    this.#columns = nested.map(() => new Array<unknown>(Math.min(place.expected, MOST_ROWS)));
    this.nested = nested;
    this.#read = keys && readerFor({ keys, nested });
  }

  /** A group that begins with this value; undefined when such values are better encoded one by one. */
  static startWith(value: unknown, place: GroupPlace): ColumnGroup | undefined {
    const group = isPrimitive(value)
      ? new ColumnGroup(place, undefined, [false])
      : ColumnGroup.#forObject(value, place);
    return group?.add(value) === true ? group : undefined;
  }

  static #forObject(value: unknown, place: GroupPlace): ColumnGroup | undefined {
    if (!isPlainObject(value)) return undefined;
    const keys: string[] = [];
    for (const key in value) keys.push(key);
    if (keys.length > MOST_KEYS || keys.includes('__proto__')) return undefined;
    const nested = keys.map((key) => typeof value[key] === 'object' && value[key] !== null);
    return new ColumnGroup(place, keys, nested);
  }

  get size(): number {
    return this.#size;
  }

  /** Takes the value in, as it is now; false when it is of another shape or the group is full. May run getters. */
  add(value: unknown): boolean {
    if (this.#size === MOST_ROWS || this.#characters >= LONGEST_TEXT) return false;
    const fits = this.#read === undefined ? this.#addPrimitive(value) : this.#addObject(value, this.#read);
    if (fits) this.#size++;
    return fits;
  }

  /** The values from one position to another, each encoded by itself. */
  encodedFrom(from: number, to: number): Encoded[] {
    const columns = this.#columns.map((values, index) => {
      const cells = values.slice(from - this.first, to - this.first);
      return this.nested[index] === true ? cells.map((text) => JSON.parse(text as string) as unknown) : cells;
    });
    const values = this.keys === undefined ? columns[0] : makeObjects(this.keys, columns, to - from);
    return (values as unknown[]).map(encode);
  }

  /** A primitive or, where the column is nested, the JSON text of a value. */
  cell(column: number, position: number): unknown {
    return this.#columns[column]?.[position - this.first];
  }

  /** The values from one position to another, ready to cross a boundary. */
  block(from: number, to: number): ColumnBlock {
    const columns = this.#columns.map((values, index) => ({ values, nested: this.nested[index] === true }));
    return toBlock(this.keys, columns, { from: from - this.first, to: to - this.first });
  }

  #addPrimitive(value: unknown): boolean {
    if (!isPrimitive(value)) return false;
    if (typeof value === 'string') this.#characters += value.length;
    (this.#columns[0] as unknown[])[this.#size] = value;
    return true;
  }

  /** What it has written is void when it gives up in the middle, as the size stays. */
  #addObject(value: unknown, read: ShapeReader): boolean {
    if (!isPlainObject(value)) return false;
    const characters = read(value, this.#columns, this.#size);
    if (characters < 0) return false;
    this.#characters += characters;
    return true;
  }
}
