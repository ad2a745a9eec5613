import { constants } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { ListedRows, PlainLines, type InputRow, type InputRows, type RowReader } from './input-row.ts';

/** Half of what a string can hold, so that the line still fits when it is quoted or has a mark put before it. */
const MAX_LINE_LENGTH = Math.floor(constants.MAX_STRING_LENGTH / 2);
const BYTE_ORDER_MARK = '\uFEFF';
const SPACE = 32;

/**
 * Splits UTF-8 into lines at `\n`; a `\r` before it is dropped, and so is a byte order mark at the start. Blank lines
 * are no rows, but they count. A last line without line break is a row.
 */
export class LineSplitter implements RowReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #maxLength: number;
  /** The line under way: a rope that is flattened once, when it is complete. */
  #rest = '';
  #overlong = false;
  #line = 0;
  #started = false;

  constructor(maxLength = MAX_LINE_LENGTH) {
    this.#maxLength = maxLength;
  }

  push(chunk: Buffer): InputRows {
    const text = this.#withoutMark(this.#decoder.write(chunk));
    return this.#plainLines(text) ?? new ListedRows(this.#split(text));
  }

  end(): InputRows {
    const rows = this.#split(this.#withoutMark(this.#decoder.end()));
    this.#finishLine(rows);
    return new ListedRows(rows);
  }

  /** The lines that end in the text, where nothing has to be done to any of them; else undefined, and nothing has happened. */
  #plainLines(text: string): PlainLines | undefined {
    const end = text.lastIndexOf('\n');
    if (end === -1 || this.#overlong) return undefined;
    const lines = this.#rest + text.slice(0, end);
    const ends = lines.includes('\r') ? undefined : this.#endsOf(lines);
    if (ends === undefined) return undefined;
    const plain = new PlainLines(lines, ends, this.#line + 1);
    this.#line += ends.length;
    this.#rest = '';
    this.#extendLine(text.slice(end + 1));
    return plain;
  }

  /** Where each line ends; undefined when one may be blank or is too long. */
  #endsOf(lines: string): Int32Array | undefined {
    const ends: number[] = [];
    for (let start = 0; start <= lines.length;) {
      const found = lines.indexOf('\n', start);
      const end = found === -1 ? lines.length : found;
      if (!(lines.charCodeAt(start) > SPACE) || end - start > this.#maxLength) return undefined;
      ends.push(end);
      start = end + 1;
    }
    return Int32Array.from(ends);
  }

  #split(text: string): InputRow[] {
    const rows: InputRow[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#extendLine(text.slice(start, end));
      this.#finishLine(rows);
      start = end + 1;
    }
    this.#extendLine(text.slice(start));
    return rows;
  }

  #withoutMark(text: string): string {
    if (this.#started || text === '') return text;
    this.#started = true;
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }

  #extendLine(text: string): void {
    if (this.#overlong) return;
    this.#overlong = this.#rest.length + text.length > this.#maxLength;
    this.#rest = this.#overlong ? '' : this.#rest + text;
  }

  #finishLine(rows: InputRow[]): void {
    this.#line++;
    const text = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest;
    if (this.#overlong) {
      rows.push({ line: this.#line, text: '', problem: `longer than ${this.#maxLength} characters` });
    } else if (!isBlank(text)) {
      rows.push({ line: this.#line, text, problem: undefined });
    }
    this.#rest = '';
    this.#overlong = false;
  }
}

/** Nothing but what JSON takes for white space; the first character tells it for nearly all lines. */
function isBlank(text: string): boolean {
  return !(text.charCodeAt(0) > SPACE) && /^[ \t\r]*$/.test(text);
}
