import { LONGEST_TEXT } from '../core/longest-text.ts';
import type { NumberTexts } from './number-texts.ts';
import { readPayloads, type PayloadReader } from './payload-texts.ts';
import type { Column, RecordSet } from './record-set.ts';
import { sha256 } from './sha256.ts';
import { isTaggedText, taggedText } from './tagged-json.ts';

/** Consecutive records of one set as they stand together in one row of the table `block`. */
export interface Block {
  readonly count: number;
  readonly firstRow: number | null;
  readonly lastRow: number | null;
  readonly callKey: string | null;
  /** JSON text of an object: the fields that all records have in common; see `from` in {@link RecordSet}. */
  readonly common: string;
  /** JSON text of an array with one object per record: its other fields. */
  readonly body: string;
  /** JSON text of an array: per record where in `body` the text stands that its payload is, or null. */
  readonly spans: string | null;
}

/** A large payload, which stands in the table `payload`. */
export interface StoredPayload {
  readonly sha256: string;
  readonly text: string;
}

/** The rows of one block are never further apart than this, so that those around a row are found in a short range. */
export const WIDEST_BLOCK = 1_024;
/** More records don't stand together, so that reading one row doesn't mean to read thousands. */
export const LONGEST_BLOCK = 512;
/** Longer payloads stand once in a table of their own. */
const LONGEST_INLINE = 1_024;

/** What blocks have from outside their sets. */
export interface BlockContext {
  /** Distinguishes the calls of different runs. */
  readonly run: number;
  readonly numbers: NumberTexts;
}

/** Turns a set into blocks, each as large as the limits above allow. */
export function* blocksOf(
  set: RecordSet,
  context: BlockContext,
): Generator<{ readonly block: Block; readonly payloads: readonly StoredPayload[] }> {
  const payloads = set.payloads && readPayloads(set.payloads);
  for (let position = 0; position < set.count;) {
    const draft = new Draft({ set, payloads, ...context }, position);
    do draft.add(position++);
    while (position < set.count && draft.hasRoomFor(position));
    yield draft.finish();
  }
}

interface DraftParts extends BlockContext {
  readonly set: RecordSet;
  readonly payloads: PayloadReader | undefined;
}

/** A block in the making. */
class Draft {
  readonly #set: RecordSet;
  readonly #reader: PayloadReader | undefined;
  readonly #run: number;
  readonly #numbers: NumberTexts;
  readonly #start: number;
  /** Index of the row of the first record, where the others follow: as many as a block can have are never too far apart. */
  readonly #firstCounted: number | undefined;
  readonly #columns: readonly { readonly member: string; readonly values: Column }[];
  readonly #payloads: StoredPayload[] = [];
  readonly #spans: ([start: number, end: number] | null)[] = [];
  #body = '[';
  #count = 0;
  /** Length of what stands elsewhere. */
  #charsElsewhere = 0;
  #hasSpans = false;
  #first = Infinity;
  #last = -Infinity;

  constructor({ set, payloads, run, numbers }: DraftParts, start: number) {
    this.#set = set;
    this.#reader = payloads;
    this.#numbers = numbers;
    this.#run = run;
    this.#start = start;
    const counted = set.rows === undefined ? set.from?.['rowIndex'] : undefined;
    this.#firstCounted = counted === undefined ? undefined : counted + start;
    this.#columns = Object.entries(set.columns ?? {}).map(([name, values]) => ({
      member: `"${name}":`,
      values,
    }));
  }

  /** A block is not longer than {@link LONGEST_TEXT}, its large payloads included, but for its last record. */
  hasRoomFor(position: number): boolean {
    if (this.#count >= LONGEST_BLOCK || this.#body.length + this.#charsElsewhere >= LONGEST_TEXT)
      return false;
    if (this.#firstCounted !== undefined) return true;
    const [first, last] = rowsOf(this.#set, position);
    return Math.max(this.#last, last) - Math.min(this.#first, first) < WIDEST_BLOCK;
  }

  add(position: number): void {
    const { fields } = this.#set;
    if (this.#firstCounted === undefined) this.#noteRows(position);
    this.#body += this.#count++ === 0 ? '{' : ',{';
    let separator = '';
    for (const { member, values } of this.#columns) {
      this.#body += separator + member + this.#textOf(values[position]);
      separator = ',';
    }
    const own = fields?.[position] ?? '';
    if (own !== '') {
      this.#body += separator + own;
      separator = ',';
    }
    if (this.#reader !== undefined) this.#addPayload(this.#reader, position, separator);
    this.#body += '}';
  }

  finish(): { readonly block: Block; readonly payloads: readonly StoredPayload[] } {
    const { callKey } = this.#set;
    if (this.#firstCounted !== undefined) {
      this.#first = this.#firstCounted;
      this.#last = this.#firstCounted + this.#count - 1;
    }
    const isNarrow = this.#first <= this.#last && this.#last - this.#first < WIDEST_BLOCK;
    const block: Block = {
      count: this.#count,
      firstRow: isNarrow ? this.#first : null,
      lastRow: isNarrow ? this.#last : null,
      callKey: callKey === undefined ? null : `${this.#run} ${callKey}`,
      common: `{${commonText(this.#set, this.#start)}}`,
      body: `${this.#body}]`,
      spans: this.#hasSpans ? JSON.stringify(this.#spans) : null,
    };
    return { block, payloads: this.#payloads };
  }

  #noteRows(position: number): void {
    const [first, last] = rowsOf(this.#set, position);
    if (first < this.#first) this.#first = first;
    if (last > this.#last) this.#last = last;
  }

  #textOf(value: number | string | undefined): string {
    return typeof value === 'number' ? this.#numbers.textOf(value) : JSON.stringify(value);
  }

  #addPayload(payloads: PayloadReader, position: number, separator: string): void {
    const isString = payloads.isStringAt(position);
    const text = payloads.textAt(position);
    const inline = isString ? this.#inlineString(text) : this.#inline('$payload', text);
    this.#body += `${separator}"${payloads.nameAt(position)}":`;
    if (payloads.marked) this.#addSpan(isString && !isTaggedText(inline) ? inline.length : undefined);
    this.#body += inline;
  }

  /** A string that should be JSON text stands as it is where that can be. */
  #inlineString(text: string): string {
    return isStorableJson(text) ? this.#inline('$textPayload', text) : taggedText('$text', text);
  }

  #inline(tag: '$payload' | '$textPayload', text: string): string {
    if (text.length <= LONGEST_INLINE) return text;
    const hash = sha256(text);
    this.#payloads.push({ sha256: hash, text });
    this.#charsElsewhere += text.length;
    return taggedText(tag, hash);
  }

  #addSpan(length: number | undefined): void {
    const start = this.#body.length;
    this.#hasSpans ||= length !== undefined;
    this.#spans.push(length === undefined ? null : [start, start + length]);
  }
}

/** The lowest and the highest index of the rows that a record is about, unless they are counted; none: Infinity and -Infinity. */
function rowsOf({ rows, columns }: RecordSet, position: number): readonly [number, number] {
  if (rows !== undefined) return rows;
  const index = columns?.['rowIndex']?.[position];
  return typeof index === 'number' ? [index, index] : [Infinity, -Infinity];
}

function commonText({ common = '', from }: RecordSet, start: number): string {
  if (from === undefined) return common;
  const shifted = Object.entries(from).map(([name, first]) => `"${name}":${first + start}`);
  return `${common}${common === '' ? '' : ','}"from":{${shifted.join(',')}}`;
}

const STRING = String.raw`"[^"\\\x00-\x1f]*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const MEMBER = `${STRING}:(?:${STRING}|${NUMBER}|true|false|null)`;
/**
 * What most texts are, told in a quarter of the time that parsing takes: an object without nesting, spaces and escapes. Only
 * for short texts: it takes stack for each member.
 */
const FLAT_OBJECT = new RegExp(`^\\{(?:${MEMBER}(?:,${MEMBER})*)?\\}$`);

/** Whether a string can stand in a JSON text as it is, and be found again in the file's UTF-8. */
function isStorableJson(text: string): boolean {
  if (!text.isWellFormed() || isTaggedText(text)) return false;
  if (text.length <= LONGEST_INLINE && FLAT_OBJECT.test(text)) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What a block's hash vouches for, besides its place in the chain. */
type Hashed = Block & Pick<RecordSet, 'kind' | 'runId' | 'batchId' | 'at'> & { readonly seq: number };

/** SHA-256 over the hash of the block before and everything that is stored of this one. */
export function chainHash(previous: string, block: Hashed): string {
  const { seq, count, kind, runId, batchId, at, firstRow, lastRow, callKey, common, body, spans } = block;
  const own = [previous, seq, count, kind, runId, batchId, at, firstRow, lastRow, callKey, common, spans];
  return sha256(`${JSON.stringify(own)}\n${body}`);
}
