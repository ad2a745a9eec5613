import { constants, isUtf8 } from 'node:buffer';
import { TextRows } from '../index.ts';
import { ListedRows, PlainLines, type InputRow, type InputRows, type RowReader } from './input-row.ts';
import { joinedTo } from './read-blocks.ts';
import { NOT_UTF8, REPLACEMENT } from './text-encoding.ts';

/** Half of what a string can hold, so that the line still fits when it is quoted or has a mark put before it. */
const MAX_LINE_BYTES = Math.floor(constants.MAX_STRING_LENGTH / 2);
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');
const LINE_BREAK = Buffer.from('\n');
const LF = 10;
const CR = 13;
const SPACE = 32;
const NO_ROWS = new ListedRows([]);

/**
 * Splits UTF-8 into lines at `\n`; a `\r` before it is dropped, and so is a byte order mark at the start. Blank lines
 * are no rows, but they count. A last line without line break is a row, and a line that is not UTF-8 is one with a
 * problem.
 */
export class LineSplitter implements RowReader {
  readonly #maxBytes: number;
  /** The line under way. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** The line under way is too long: nothing of it is kept. */
  #overlong = false;
  #line = 0;
  #started = false;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): InputRows {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end === 0) {
      this.#hold(chunk);
      return NO_ROWS;
    }
    const lines = this.#complete(chunk.subarray(0, end));
    this.#hold(chunk.subarray(end));
    return lines;
  }

  end(): InputRows {
    if (this.#restBytes === 0 && !this.#overlong) return NO_ROWS;
    return this.#complete(LINE_BREAK);
  }

  /** Keeps the beginning of a line whose end has not come. */
  #hold(bytes: Buffer): void {
    if (this.#overlong || bytes.length === 0) return;
    this.#restBytes += bytes.length;
    this.#overlong = this.#restBytes > this.#maxBytes + BYTE_ORDER_MARK.length; // that is not counted
    if (this.#overlong) this.#dropRest();
    else this.#rest.push(Buffer.from(bytes)); // a copy: the rest of the chunk is of no use any more
  }

  /** The line under way and all that is in `bytes`, which ends with a line break. */
  #complete(bytes: Buffer): InputRows {
    const lines = this.#withoutMark(joinedTo(this.#rest, bytes));
    const plain = this.#overlong ? undefined : this.#plainLines(lines);
    const rows = plain ?? new ListedRows(this.#split(lines));
    this.#dropRest();
    this.#overlong = false;
    return rows;
  }

  #dropRest(): void {
    this.#rest = [];
    this.#restBytes = 0;
  }

  #withoutMark(lines: Buffer): Buffer {
    const hasMark = !this.#started && lines.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    this.#started = true;
    return hasMark ? lines.subarray(BYTE_ORDER_MARK.length) : lines;
  }

  /** The lines, where nothing has to be done to any of them; else undefined, and nothing has happened. */
  #plainLines(lines: Buffer): PlainLines | undefined {
    if (lines.includes(CR) || !isUtf8(lines)) return undefined;
    const ends = this.#endsOf(lines);
    if (ends === undefined) return undefined;
    const firstLine = this.#line + 1;
    this.#line += ends.length;
    return new PlainLines(new TextRows({ bytes: lines, ends, base: 0 }), firstLine);
  }

  /** Where each line ends; undefined when one may be blank or is too long. */
  #endsOf(lines: Buffer): Int32Array | undefined {
    const ends: number[] = [];
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start);
      if ((lines[start] as number) <= SPACE || end - start > this.#maxBytes) return undefined;
      ends.push(end);
      start = end + 1;
    }
    const shared = new Int32Array(new SharedArrayBuffer(ends.length * Int32Array.BYTES_PER_ELEMENT));
    shared.set(ends);
    return shared;
  }

  #split(lines: Buffer): InputRow[] {
    const rows: InputRow[] = [];
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start);
      const row = this.#rowOf(lines.subarray(start, end), this.#overlong && start === 0);
      this.#line++;
      if (row !== undefined) rows.push({ line: this.#line, ...row });
      start = end + 1;
    }
    return rows;
  }

  /** Undefined for a line that is blank. */
  #rowOf(bytes: Buffer, isEndOfOverlong: boolean): Omit<InputRow, 'line'> | undefined {
    if (isEndOfOverlong || bytes.length > this.#maxBytes) {
      return { text: '', problem: `longer than ${this.#maxBytes} bytes` };
    }
    const text = bytes.toString('utf8', 0, bytes.at(-1) === CR ? bytes.length - 1 : bytes.length);
    if (isBlank(text)) return undefined;
    return { text, problem: text.includes(REPLACEMENT) && !isUtf8(bytes) ? NOT_UTF8 : undefined };
  }
}

/** Nothing but what JSON takes for white space; the first character tells it for nearly all lines. */
function isBlank(text: string): boolean {
  return !(text.charCodeAt(0) > SPACE) && /^[ \t\r]*$/.test(text);
}
