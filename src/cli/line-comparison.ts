import type { Finding } from '../index.ts';
import type { TextSink } from './emitter.ts';
import { DamagedFileError, type FileLines } from './file-lines.ts';
import { formatCountOf } from './numbers.ts';

/** So many lines that differ are told one by one. */
const MOST_TOLD = 10;
/** So many characters of a line are shown, and so many of them before the first difference. */
const SHOWN = 160;
const SHOWN_BEFORE = 40;
const ENOUGH_TO_COMPARE = 64 * 1024;

export interface LineComparisonParts {
  readonly file: string;
  readonly lines: FileLines;
  /** Whether a line of the file may stand for an expected one that is not the same. */
  readonly isAcceptable: (expected: string, found: string) => boolean;
}

/** Takes the text that a file should have, and compares it with the file line by line. */
export class LineComparison implements TextSink {
  readonly failure = undefined;
  readonly #parts: LineComparisonParts;
  readonly #findings: Finding[] = [];
  #expected = '';
  #line = 0;
  #different = 0;
  #missing = 0;
  /** Why the file can't be read any further. */
  #damage: string | undefined;

  constructor(parts: LineComparisonParts) {
    this.#parts = parts;
  }

  /** Takes text that follows what was taken before; gives a promise when more should wait for it. */
  write(text: string): Promise<void> | undefined {
    this.#expected += text;
    return this.#expected.length < ENOUGH_TO_COMPARE ? undefined : this.#compare();
  }

  /** Everything was taken. Gives what differs. */
  async end(): Promise<readonly Finding[]> {
    await this.#compare();
    const { file } = this.#parts;
    const hidden = this.#different - MOST_TOLD;
    if (hidden > 0)
      this.#report(`${formatCountOf(hidden, 'more line')} of ${file} ${hidden === 1 ? 'differs' : 'differ'}`);
    await this.#expectEnd();
    const missing = missingText(this.#missing);
    if (this.#damage !== undefined)
      this.#report(
        `${file} can't be read after line ${this.#line}, as it was cut off or changed (${this.#damage})${missing}`,
      );
    else if (missing !== '') this.#report(`${file} ends after line ${this.#line}${missing}`);
    return this.#findings;
  }

  async #compare(): Promise<void> {
    const text = Buffer.from(this.#expected).toString('latin1');
    this.#expected = '';
    for (let start = 0; start < text.length;) {
      const end = text.indexOf('\n', start) + 1 || text.length;
      const expected = text.slice(start, end);
      start = end;
      const next = this.#next();
      this.#compareLine(expected, next instanceof Promise ? await next : next);
    }
  }

  /** The next line of the file; undefined where there is none, or none that can be read. */
  #next(): string | undefined | Promise<string | undefined> {
    if (this.#damage !== undefined) return undefined;
    const next = this.#parts.lines.next();
    return next instanceof Promise ? next.catch((reason: unknown) => this.#noteDamage(reason)) : next;
  }

  #noteDamage(reason: unknown): undefined {
    if (!(reason instanceof DamagedFileError)) throw reason;
    this.#damage = reason.message;
  }

  #compareLine(expected: string, found: string | undefined): void {
    if (found === undefined) {
      this.#missing++;
      return;
    }
    this.#line++;
    if (found === expected || this.#parts.isAcceptable(expected, found)) return;
    if (++this.#different > MOST_TOLD) return;
    const column = firstDifference(expected, found);
    const part = { expected: excerpt(expected, column), found: excerpt(found, column) };
    const place = `${this.#parts.file}:${this.#line}:${column + 1}`;
    const message = `${place} differs: expected ${quoted(part.expected)}, found ${quoted(part.found)}`;
    this.#findings.push({ about: 'output', message, line: this.#line, ...part });
  }

  async #expectEnd(): Promise<void> {
    let extra = 0;
    while ((await this.#next()) !== undefined) extra++;
    if (extra === 0) return;
    const { file } = this.#parts;
    this.#report(
      `${file} has ${formatCountOf(extra, 'more line')} than results on record, from line ${this.#line + 1} on`,
      this.#line + 1,
    );
  }

  #report(message: string, line = this.#line): void {
    this.#findings.push({ about: 'output', message, line });
  }
}

/** What to add to the place where a file ends; nothing where no line is missing. */
function missingText(lines: number): string {
  if (lines === 0) return '';
  return `: ${formatCountOf(lines, 'more line')} ${lines === 1 ? 'is' : 'are'} missing`;
}

function firstDifference(expected: string, found: string): number {
  let column = 0;
  while (column < expected.length && expected[column] === found[column]) column++;
  return column;
}

/** The part of a line around a column, as text again. */
function excerpt(line: string, column: number): string {
  const start = Math.max(0, column - SHOWN_BEFORE);
  const text = Buffer.from(line.slice(start, start + SHOWN), 'latin1').toString();
  return `${start > 0 ? '…' : ''}${text}${start + SHOWN < line.length ? '…' : ''}`;
}

/** Every line has its line feed but for an excerpt, and the last one of a file that was cut. */
function quoted(text: string): string {
  if (text.endsWith('\n')) return text.slice(0, -1);
  return text.endsWith('…') ? text : `${text} (without a line feed)`;
}
