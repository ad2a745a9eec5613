import { decode } from '../core/codec.ts';
import { ColumnGroup } from '../core/column-group.ts';
import { Moved } from '../core/moved.ts';
import type { PlacedSnapshot } from '../core/snapshot.ts';
import { Cells } from './cells.ts';
import { nodeV8 } from './node-v8.ts';
import type { Outcome } from '../core/outcome.ts';

/** How a row of a slice ended, before its slice did. Instants in ms on the shared monotonic clock. */
export interface KeptOutcome {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly outcome: Outcome;
}

/** What a worker keeps of a row: its output, or the outcome of a row that did not succeed. */
export interface RowEnd {
  readonly output: PlacedSnapshot | undefined;
  readonly other: Outcome | undefined;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** A record: two instants, kind and length, then the bytes, padded to a multiple of 8. */
const HEADER_BYTES = 24;
const STARTED = 0;
const FINISHED = 1;
const KIND = 4;
const LENGTH = 5;

const TEXT = 1;
const NUMBER = 2;
const CLONE = 3;
const OUTCOME = 4;
const UNDEFINED = 5;
/** Not a row: the shape of those of kind ROW that follow. */
const SHAPE = 6;
const ROW = 7;

const MAX_LANE_BYTES = 1 << 20;
const MAX_TOTAL_BYTES = 1 << 26;

/**
 * Shared memory in which a worker writes down how each row of a slice ended before the next one begins, so that a thread
 * that is lost takes only the row with it that ran. Memory is used as far as it is written.
 */
export class KeptOutcomes {
  /** Hand it to a worker and give it to the constructor there. */
  readonly buffer: SharedArrayBuffer;
  /** Each is made when it is first needed: that takes time, and the dispatching thread needs none unless a worker is lost. */
  readonly #lanes: (LaneMemory | undefined)[];

  constructor(lanes: number, buffer = new SharedArrayBuffer(lanes * laneBytes(lanes))) {
    this.buffer = buffer;
    this.#lanes = new Array<undefined>(lanes).fill(undefined);
  }

  /** Running thread: takes up a slice; what was kept of the one before is gone. */
  reset(lane: number): void {
    this.#memoryOf(lane).reset();
  }

  /**
   * Running thread: keeps how the next row of the lane's slice ended. False when it can't be kept, as it is too large or
   * of a kind that only messages carry: then it must leave the thread with the slice before another row begins.
   */
  keep(lane: number, end: RowEnd): boolean {
    return this.#memoryOf(lane).keep(end);
  }

  /** How the rows of the lane's slice ended, from the first on. */
  read(lane: number): KeptOutcome[] {
    return this.#memoryOf(lane).read();
  }

  #memoryOf(lane: number): LaneMemory {
    return (this.#lanes[lane] ??= this.#openMemory(lane));
  }

  #openMemory(lane: number): LaneMemory {
    const bytes = this.buffer.byteLength / this.#lanes.length;
    return new LaneMemory(this.buffer, lane * bytes, bytes);
  }
}

function laneBytes(lanes: number): number {
  return Math.min(MAX_LANE_BYTES, MAX_TOTAL_BYTES / 2 ** Math.ceil(Math.log2(lanes)));
}

/** The records of one lane. The worker writes with a cursor of its own; the end of the list is a kind of 0. */
class LaneMemory {
  readonly #bytes: Buffer;
  readonly #floats: Float64Array;
  readonly #ints: Int32Array;
  readonly #cells: Cells;
  #cursor = 0;
  /** The group whose shape was written last. */
  #shape: ColumnGroup | undefined;

  constructor(buffer: SharedArrayBuffer, offset: number, bytes: number) {
    this.#cells = new Cells(buffer, offset, bytes);
    this.#bytes = Buffer.from(buffer, offset, bytes);
    this.#floats = new Float64Array(buffer, offset, bytes / 8);
    this.#ints = new Int32Array(buffer, offset, bytes / 4);
  }

  reset(): void {
    this.#cursor = 0;
    this.#shape = undefined;
    this.#ints[KIND] = 0;
  }

  keep(end: RowEnd): boolean {
    const { output, other } = end;
    if (other !== undefined) return this.#keepSerialized(end, OUTCOME, other);
    const encoded = output?.snapshot;
    if (encoded instanceof ColumnGroup) return this.#keepRow(end, encoded, output?.position ?? 0);
    if (encoded instanceof Moved) return false; // it would be copied
    const start = this.#cursor + HEADER_BYTES;
    switch (typeof encoded) {
      case 'string':
        return encoded.isWellFormed()
          ? this.#keepText(end, encoded)
          : this.#keepSerialized(end, CLONE, encoded);
      case 'number':
        if (!this.#hasRoom(start, 8)) return false;
        this.#floats[start / 8] = encoded;
        return this.#finish(end, NUMBER, 8);
      case 'undefined':
        return this.#hasRoom(start, 0) && this.#finish(end, UNDEFINED, 0);
      default:
        // not worth the attempt
        if (ArrayBuffer.isView(encoded) && !this.#hasRoom(start, encoded.byteLength)) return false;
        return this.#keepSerialized(end, CLONE, encoded);
    }
  }

  read(): KeptOutcome[] {
    const kept: KeptOutcome[] = [];
    let shape: Shape = { keys: undefined, nested: [] };
    for (let at = 0; this.#int(at, KIND) !== 0; at = next(at, this.#int(at, LENGTH))) {
      if (this.#int(at, KIND) === SHAPE) {
        shape = this.#shapeAt(at);
        continue;
      }
      kept.push({
        startedAt: this.#floats[at / 8 + STARTED] as number,
        finishedAt: this.#floats[at / 8 + FINISHED] as number,
        outcome: this.#outcomeAt(at, shape),
      });
    }
    return kept;
  }

  #keepRow(end: RowEnd, group: ColumnGroup, position: number): boolean {
    if (this.#shape !== group) {
      if (!this.#keepShape(end, group)) return false;
      this.#shape = group;
    }
    const start = this.#cursor + HEADER_BYTES;
    const limit = this.#limit;
    let at = start;
    for (let column = 0; column < group.nested.length; column++) {
      const behind = this.#cells.write(at, group.cell(column, position), limit);
      if (behind === undefined) return false;
      at = behind;
    }
    return this.#finish(end, ROW, at - start);
  }

  /** Cell by cell, and not as text or a clone: a row may have changed how those are made. */
  #keepShape(end: RowEnd, { keys, nested }: Shape): boolean {
    const cells: unknown[] = [nested.length, keys !== undefined];
    for (let index = 0; index < nested.length; index++) cells[cells.length] = nested[index];
    for (let index = 0; index < (keys?.length ?? 0); index++) cells[cells.length] = keys?.[index];
    const start = this.#cursor + HEADER_BYTES;
    let at = start;
    for (let index = 0; index < cells.length; index++) {
      const behind = this.#cells.write(at, cells[index], this.#limit);
      if (behind === undefined) return false;
      at = behind;
    }
    return this.#finish(end, SHAPE, at - start);
  }

  #keepText(end: RowEnd, text: string): boolean {
    const start = this.#cursor + HEADER_BYTES;
    if (!this.#hasRoom(start, 3 * text.length)) return false; // the most that its characters take
    return this.#finish(end, TEXT, this.#bytes.write(text, start, 'utf8'));
  }

  #keepSerialized(end: RowEnd, kind: number, value: unknown): boolean {
    let bytes: Buffer;
    try {
      bytes = nodeV8().serialize(value);
    } catch {
      return false; // shared memory, ports and the like
    }
    const start = this.#cursor + HEADER_BYTES;
    if (!this.#hasRoom(start, bytes.length)) return false;
    this.#bytes.set(bytes, start);
    return this.#finish(end, kind, bytes.length);
  }

  /** Behind the bytes and their padding a header must fit that ends the list. */
  #hasRoom(start: number, bytes: number): boolean {
    return start + bytes <= this.#limit;
  }

  get #limit(): number {
    return this.#bytes.length - 2 * HEADER_BYTES;
  }

  /** Writes the header; the kind comes last, as it makes the record part of the list. */
  #finish({ startedAt, finishedAt }: RowEnd, kind: number, length: number): true {
    const at = this.#cursor;
    this.#cursor = next(at, length);
    this.#ints[this.#cursor / 4 + KIND] = 0;
    this.#floats[at / 8 + STARTED] = startedAt;
    this.#floats[at / 8 + FINISHED] = finishedAt;
    this.#ints[at / 4 + LENGTH] = length;
    this.#ints[at / 4 + KIND] = kind;
    return true;
  }

  #outcomeAt(at: number, shape: Shape): Outcome {
    const start = at + HEADER_BYTES;
    switch (this.#int(at, KIND)) {
      case TEXT:
        return { status: 'success', value: decode(this.#textAt(at)) };
      case NUMBER:
        return { status: 'success', value: this.#floats[start / 8] };
      case UNDEFINED:
        return { status: 'success', value: undefined };
      case ROW:
        return { status: 'success', value: valueOf(this.#cells.read(start, shape.nested.length), shape) };
      case CLONE:
        return { status: 'success', value: decode(this.#deserialize(at)) };
      default:
        return this.#deserialize(at) as Outcome;
    }
  }

  #textAt(at: number): string {
    const start = at + HEADER_BYTES;
    return this.#bytes.toString('utf8', start, start + this.#int(at, LENGTH));
  }

  #shapeAt(at: number): Shape {
    const start = at + HEADER_BYTES;
    const [columns, hasKeys] = this.#cells.read(start, 2) as [number, boolean];
    const cells = this.#cells.read(start, 2 + columns + (hasKeys ? columns : 0));
    const nested = cells.slice(2, 2 + columns) as boolean[];
    return { keys: hasKeys ? (cells.slice(2 + columns) as string[]) : undefined, nested };
  }

  #deserialize(at: number): unknown {
    const start = at + HEADER_BYTES;
    const end = start + this.#int(at, LENGTH);
    return nodeV8().deserialize(Buffer.from(this.#bytes.subarray(start, end))); // a copy: it may not read shared memory
  }

  #int(at: number, field: number): number {
    return this.#ints[at / 4 + field] as number;
  }
}

/** As of a {@link ColumnGroup}. */
type Shape = Pick<ColumnGroup, 'keys' | 'nested'>;

function valueOf(cells: readonly unknown[], { keys, nested }: Shape): unknown {
  if (keys === undefined) return cells[0];
  const valueAt = (index: number) =>
    nested[index] === true ? (JSON.parse(cells[index] as string) as unknown) : cells[index];
  return Object.fromEntries(keys.map((key, index) => [key, valueAt(index)]));
}

function next(at: number, length: number): number {
  return at + HEADER_BYTES + Math.ceil(length / 8) * 8;
}
