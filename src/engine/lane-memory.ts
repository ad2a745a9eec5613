import { decode } from '../core/codec.ts';
import { ColumnGroup } from '../core/column-group.ts';
import { Moved } from '../core/moved.ts';
import type { Outcome } from '../core/outcome.ts';
import { TextRows } from '../core/text-rows.ts';
import { Cells } from './cells.ts';
import type { KeptOutcome, RowEnd } from './row-end.ts';
import { nodeV8 } from './node-v8.ts';

/** A record: two instants, the kind, and where the content ends. */
const RECORD_BYTES = 24;
const STARTED = 0;
const FINISHED = 1;
const KIND = 4;
const END = 5;

/** An encoded value that is a string. */
const ENCODED_TEXT = 1;
const NUMBER = 2;
const CLONE = 3;
const OUTCOME = 4;
const UNDEFINED = 5;
/** Not a row: the shape of those of kind ROW that follow. */
const SHAPE = 6;
const ROW = 7;
/** An output that is a string. */
const TEXT = 8;

/** The most that a character takes as UTF-8. */
const UTF8_BYTES = 3;
const LINE_BREAK = 10;

/**
 * How the rows of one lane's slice ended. Records stand one before the other from the end of the memory on, and what they
 * are about one behind the other from its start on: texts are UTF-8 with a line break behind each, so that many in a row are
 * lines; all else begins at a multiple of 8. The worker writes with a cursor of its own; a kind of 0 ends the list.
 */
export class LaneMemory {
  readonly #bytes: Buffer;
  readonly #floats: Float64Array;
  readonly #ints: Int32Array;
  readonly #cells: Cells;
  /** Where the next content may begin. */
  #cursor = 0;
  /** Where the next record begins. */
  #record: number;
  /** The group whose shape was written last. */
  #shape: ColumnGroup | undefined;

  constructor(buffer: SharedArrayBuffer, offset: number, bytes: number) {
    this.#cells = new Cells(buffer, offset, bytes);
    this.#bytes = Buffer.from(buffer, offset, bytes);
    this.#floats = new Float64Array(buffer, offset, bytes / 8);
    this.#ints = new Int32Array(buffer, offset, bytes / 4);
    this.#record = this.#firstRecord;
  }

  reset(): void {
    this.#cursor = 0;
    this.#record = this.#firstRecord;
    this.#shape = undefined;
    this.#ints[this.#record / 4 + KIND] = 0;
  }

  keep(end: RowEnd): boolean {
    const { text, output, other } = end;
    if (text !== undefined) return this.#keepText(end, TEXT, text);
    if (other !== undefined) return this.#keepSerialized(end, OUTCOME, other);
    const encoded = output?.snapshot;
    if (encoded instanceof ColumnGroup) return this.#keepRow(end, encoded, output?.position ?? 0);
    if (encoded instanceof Moved) return false; // it would be copied
    const start = aligned(this.#cursor);
    switch (typeof encoded) {
      case 'string':
        return encoded.isWellFormed()
          ? this.#keepText(end, ENCODED_TEXT, encoded)
          : this.#keepSerialized(end, CLONE, encoded);
      case 'number':
        if (start + 8 > this.#limit) return false;
        this.#floats[start / 8] = encoded;
        return this.#finish(end, NUMBER, start + 8);
      case 'undefined':
        return start <= this.#limit && this.#finish(end, UNDEFINED, start);
      default:
        // not worth the attempt
        if (ArrayBuffer.isView(encoded) && start + encoded.byteLength > this.#limit) return false;
        return this.#keepSerialized(end, CLONE, encoded);
    }
  }

  read(): KeptOutcome[] {
    const kept: KeptOutcome[] = [];
    let shape: Shape = { keys: undefined, nested: [] };
    let before = 0;
    for (let at = this.#firstRecord; this.#int(at, KIND) !== 0; at -= RECORD_BYTES) {
      const content = { kind: this.#int(at, KIND), from: before, to: this.#int(at, END) };
      before = content.to;
      if (content.kind === SHAPE) {
        shape = this.#shapeIn(content);
        continue;
      }
      kept.push({
        startedAt: this.#floats[at / 8 + STARTED] as number,
        finishedAt: this.#floats[at / 8 + FINISHED] as number,
        outcome: this.#outcomeIn(content, shape),
      });
    }
    return kept;
  }

  /** Of a slice whose rows are all of kind TEXT. */
  texts(): TextRows {
    const ends: number[] = [];
    for (let at = this.#firstRecord; this.#int(at, KIND) !== 0; at -= RECORD_BYTES) {
      ends.push(this.#int(at, END) - 1);
    }
    const bytes = new Uint8Array(this.#bytes.subarray(0, (ends[ends.length - 1] ?? -1) + 1));
    return new TextRows({ bytes, ends: Int32Array.from(ends), base: 0 });
  }

  #keepRow(end: RowEnd, group: ColumnGroup, position: number): boolean {
    if (this.#shape !== group) {
      if (!this.#keepShape(end, group)) return false;
      this.#shape = group;
    }
    const limit = this.#limit;
    let at = aligned(this.#cursor);
    for (let column = 0; column < group.nested.length; column++) {
      const behind = this.#cells.write(at, group.cell(column, position), limit);
      if (behind === undefined) return false;
      at = behind;
    }
    return this.#finish(end, ROW, at);
  }

  /** Cell by cell, and not as text or a clone: a row may have changed how those are made. */
  #keepShape(end: RowEnd, { keys, nested }: Shape): boolean {
    const cells: unknown[] = [nested.length, keys !== undefined];
    for (let index = 0; index < nested.length; index++) cells[cells.length] = nested[index];
    for (let index = 0; index < (keys?.length ?? 0); index++) cells[cells.length] = keys?.[index];
    let at = aligned(this.#cursor);
    for (let index = 0; index < cells.length; index++) {
      const behind = this.#cells.write(at, cells[index], this.#limit);
      if (behind === undefined) return false;
      at = behind;
    }
    return this.#finish(end, SHAPE, at);
  }

  /** Of a text that is well-formed. */
  #keepText(end: RowEnd, kind: number, text: string): boolean {
    const start = this.#cursor;
    if (start + UTF8_BYTES * text.length + 1 > this.#limit) return false; // the most that it takes
    const written = start + this.#bytes.write(text, start, 'utf8');
    this.#bytes[written] = LINE_BREAK;
    return this.#finish(end, kind, written + 1);
  }

  #keepSerialized(end: RowEnd, kind: number, value: unknown): boolean {
    let bytes: Buffer;
    try {
      bytes = nodeV8().serialize(value);
    } catch {
      return false; // shared memory, ports and the like
    }
    const start = aligned(this.#cursor);
    if (start + bytes.length > this.#limit) return false;
    this.#bytes.set(bytes, start);
    return this.#finish(end, kind, start + bytes.length);
  }

  get #firstRecord(): number {
    return this.#bytes.length - RECORD_BYTES;
  }

  /** Up to where content may go: before the next record and the one that ends the list. */
  get #limit(): number {
    return this.#record - RECORD_BYTES;
  }

  /** Writes the record; the kind comes last, as it makes it part of the list. */
  #finish({ startedAt, finishedAt }: RowEnd, kind: number, contentEnd: number): true {
    const at = this.#record;
    this.#record = at - RECORD_BYTES;
    this.#cursor = contentEnd;
    this.#ints[this.#record / 4 + KIND] = 0;
    this.#floats[at / 8 + STARTED] = startedAt;
    this.#floats[at / 8 + FINISHED] = finishedAt;
    this.#ints[at / 4 + END] = contentEnd;
    this.#ints[at / 4 + KIND] = kind;
    return true;
  }

  #outcomeIn(content: Content, shape: Shape): Outcome {
    return content.kind === OUTCOME
      ? (this.#deserialize(content) as Outcome)
      : { status: 'success', value: this.#valueIn(content, shape) };
  }

  #valueIn(content: Content, shape: Shape): unknown {
    const start = aligned(content.from);
    switch (content.kind) {
      case TEXT:
        return this.#textIn(content);
      case ENCODED_TEXT:
        return decode(this.#textIn(content));
      case NUMBER:
        return this.#floats[start / 8];
      case ROW:
        return valueOf(this.#cells.read(start, shape.nested.length), shape);
      case CLONE:
        return decode(this.#deserialize(content));
      default:
        return undefined;
    }
  }

  #textIn({ from, to }: Content): string {
    return this.#bytes.toString('utf8', from, to - 1);
  }

  #shapeIn({ from }: Content): Shape {
    const start = aligned(from);
    const [columns, hasKeys] = this.#cells.read(start, 2) as [number, boolean];
    const cells = this.#cells.read(start, 2 + columns + (hasKeys ? columns : 0));
    const nested = cells.slice(2, 2 + columns) as boolean[];
    return { keys: hasKeys ? (cells.slice(2 + columns) as string[]) : undefined, nested };
  }

  #deserialize({ from, to }: Content): unknown {
    // a copy: it may not read shared memory
    return nodeV8().deserialize(Buffer.from(this.#bytes.subarray(aligned(from), to)));
  }

  #int(at: number, field: number): number {
    return this.#ints[at / 4 + field] as number;
  }
}

/** What a record is about, from where the content before it ends. */
interface Content {
  readonly kind: number;
  readonly from: number;
  readonly to: number;
}

/** As of a {@link ColumnGroup}. */
type Shape = Pick<ColumnGroup, 'keys' | 'nested'>;

function valueOf(cells: readonly unknown[], { keys, nested }: Shape): unknown {
  if (keys === undefined) return cells[0];
  const valueAt = (index: number) =>
    nested[index] === true ? (JSON.parse(cells[index] as string) as unknown) : cells[index];
  return Object.fromEntries(keys.map((key, index) => [key, valueAt(index)]));
}

/** The next multiple of 8. */
function aligned(at: number): number {
  return (at + 7) & ~7;
}
