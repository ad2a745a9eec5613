import { Parser, type CsvError, type InfoRecord } from 'csv-parse';
import { RunError } from './exit.ts';
import { formatCount, formatCountOf } from './numbers.ts';
import { NOT_UTF8, REPLACEMENT, Utf8Check } from './text-encoding.ts';
import { ListedRows, type InputRow, type InputRows, type RowReader } from './input-row.ts';

/** A quote that is never closed would otherwise take the rest of the file into memory. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;

/** Faults behind which the next line can be read. */
const RECOVERABLE: ReadonlySet<string> = new Set([
  'CSV_INVALID_CLOSING_QUOTE',
  'INVALID_OPENING_QUOTE',
  'CSV_QUOTE_NOT_CLOSED',
]);

/**
 * Reads CSV with a header row: each record becomes a JSON object of strings by the names in the header. A record that
 * can't be read is a row with a problem, and reading goes on behind it.
 */
export class CsvReader implements RowReader {
  readonly #name: string;
  readonly #parser: Parser;
  readonly #encoding = new Utf8Check();
  #header: readonly string[] | undefined;
  #rows: InputRow[] = [];
  /** Line on which the last record ended. */
  #lastLine = 0;
  /** How many breaks in quotes were a `\r\n` so far: the parser counts two lines for each. */
  #countedTwice = 0;
  #failure: Error | undefined;

  /** @param name what the input is called in errors */
  constructor(name: string) {
    this.#name = name;
    this.#parser = new Parser({
      bom: true,
      skip_empty_lines: true,
      relax_column_count: true, // checked here, so that the fields of such a record are still known
      skip_records_with_error: true,
      max_record_size: MAX_RECORD_BYTES,
      on_record: (fields: string[], { lines, bytes }: InfoRecord) => {
        this.#onRecord(fields, lines, bytes);
        return undefined; // nothing is left for the parser's readable side
      },
      on_skip: (error) => {
        this.#onMalformed(error as CsvError);
        return undefined;
      },
    });
    this.#parser.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  push(chunk: Buffer): Promise<InputRows> {
    this.#encoding.push(chunk);
    return this.#parsed((done) => this.#parser.write(chunk, done));
  }

  end(): Promise<InputRows> {
    this.#encoding.end();
    return this.#parsed((done) => this.#parser.end(done));
  }

  async #parsed(act: (done: () => void) => unknown): Promise<InputRows> {
    await new Promise<void>((resolve) => act(resolve));
    if (this.#failure !== undefined)
      throw new RunError(`Cannot read ${this.#name}: ${this.#failure.message}`);
    const rows = this.#rows;
    this.#rows = [];
    return new ListedRows(rows);
  }

  #onRecord(fields: string[], parsedLines: number, parsedBytes: number): void {
    this.#countedTwice += countIn(fields, '\r\n');
    const endLine = parsedLines - this.#countedTwice;
    // blank lines and line breaks in quotes are the only reasons for a gap between two records
    const line = endLine === this.#lastLine + 1 ? endLine : endLine - countIn(fields, '\n');
    this.#lastLine = endLine;
    const isText = this.#isText(fields, parsedBytes);
    if (this.#header === undefined) this.#header = namesIn(fields, isText);
    else if (isText) this.#rows.push(toRow(this.#header, fields, line));
    else this.#rows.push({ line, text: JSON.stringify(fields), problem: NOT_UTF8 });
  }

  /** Of a fault that was in a line before the record nothing is in its fields. */
  #isText(fields: readonly string[], parsedBytes: number): boolean {
    return !this.#encoding.takeBefore(parsedBytes) || !fields.some((field) => field.includes(REPLACEMENT));
  }

  #onMalformed(error: CsvError): void {
    if (this.#header === undefined) throw new Error(`The header can't be read: ${error.message}`);
    if (!RECOVERABLE.has(error.code)) throw error;
    this.#encoding.takeBefore(Number(error['bytes']) + 1); // its own line, which may begin just there
    const unclosed = error.code === 'CSV_QUOTE_NOT_CLOSED';
    const line = unclosed ? this.#lastLine + 1 : Number(error['lines']) - this.#countedTwice;
    if (line === this.#lastLine) return; // a second fault of the same record
    this.#lastLine = line;
    const problem = unclosed ? 'a quote that is opened here is never closed' : error.message;
    this.#rows.push({ line, text: 'null', problem });
    this.#leaveQuotes();
  }

  /** csv-parse would go on inside of the quotes and swallow the records behind; so the next line is a record again. */
  #leaveQuotes(): void {
    const { state } = this.#parser as Parser & { readonly state?: { quoting: boolean } };
    if (state !== undefined) state.quoting = false;
  }
}

function toRow(header: readonly string[], fields: readonly string[], line: number): InputRow {
  if (fields.length !== header.length) {
    const problem = `${formatCountOf(fields.length, 'field')}, where the header has ${formatCount(header.length)}`;
    return { line, text: JSON.stringify(fields), problem };
  }
  const row = Object.fromEntries(header.map((name, index) => [name, fields[index]]));
  return { line, text: JSON.stringify(row), problem: undefined };
}

function namesIn(names: readonly string[], isText: boolean): readonly string[] {
  if (!isText) throw new Error(`The header can't be read: ${NOT_UTF8}`);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined) throw new Error(`The header names the column '${twin}' twice`);
  return names;
}

function countIn(fields: readonly string[], lineBreak: string): number {
  return fields.reduce((total, field) => total + field.split(lineBreak).length - 1, 0);
}
