import { stringify } from 'csv-stringify/sync';
import { parseJson } from '../core/json.ts';
import type { RowError } from '../index.ts';
import { RunError } from './exit.ts';
import { ResultProblem, type ResultFormat } from './result-format.ts';

/** How many failed rows may come before the first one that tells the columns. */
const MAX_HELD_BACK = 10_000;

/**
 * Writes CSV. The first row that succeeds tells the columns; a later one may leave some out but bring no others. A failed
 * row has empty cells and, in the last column, its error; rows that fail before the columns are known wait for them.
 */
export class CsvResults implements ResultFormat {
  readonly #errorColumn: boolean;
  #columns: ReadonlySet<string> | undefined;
  #heldBack: RowError[] = [];

  /** @param options.errorColumn whether failed rows stand in place, in a column for their errors */
  constructor({ errorColumn }: { readonly errorColumn: boolean }) {
    this.#errorColumn = errorColumn;
  }

  success(json: string): string {
    const row = toRecord(parseJson(json));
    let [head, columns] = ['', this.#columns];
    if (columns === undefined) {
      columns = new Set(Object.keys(row));
      head = this.#start(columns);
    }
    const extra = Object.keys(row).find((key) => !columns.has(key));
    if (extra !== undefined) {
      throw new ResultProblem(
        `CSV output has no column '${extra}': its columns are those of the first row that succeeded`,
      );
    }
    const cells = Array.from(columns, (column) => toCell(row[column]));
    return head + toLine(this.#errorColumn ? [...cells, ''] : cells);
  }

  failure(error: RowError): string {
    if (this.#columns !== undefined) return this.#failureLine(this.#columns, error);
    this.#heldBack.push(error);
    if (this.#heldBack.length > MAX_HELD_BACK) {
      const [first = error] = this.#heldBack;
      throw new RunError(
        `Cannot tell the columns of the CSV output as the first ${MAX_HELD_BACK} rows have failed ` +
          `(the first: ${first.message}); give --rejects, or write .ndjson`,
      );
    }
    return '';
  }

  end(): string {
    return this.#columns === undefined && this.#heldBack.length > 0 ? this.#start(new Set()) : '';
  }

  /** Gives the header, and the rows that waited for it. */
  #start(columns: ReadonlySet<string>): string {
    this.#columns = columns;
    const header = this.#errorColumn ? [...columns, nameOfErrorColumn(columns)] : [...columns];
    const waiting = this.#heldBack.map((error) => this.#failureLine(columns, error));
    this.#heldBack = [];
    return [toLine(header), ...waiting].join('');
  }

  #failureLine(columns: ReadonlySet<string>, { code, message }: RowError): string {
    return toLine([...Array.from(columns, () => ''), `${code}: ${message}`]);
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    return value as Record<string, unknown>;
  }
  throw new ResultProblem(`CSV output takes objects with at least one key: received ${describe(value)}`);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an empty object' : `a ${typeof value}`;
}

/** `error`, unless the rows have that themselves. */
function nameOfErrorColumn(columns: ReadonlySet<string>): string {
  let name = 'error';
  while (columns.has(name)) name = `_${name}`;
  return name;
}

function toCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toLine(cells: string[]): string {
  // a single empty cell without quotes would be a blank line, which is no row
  return stringify([cells], { quoted_empty: cells.length === 1 });
}
