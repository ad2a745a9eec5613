import type { BatchRecord, RecordOrigin, RowHistory, RowOutline } from './audit-trail.ts';
import { LONGEST_BLOCK } from './block.ts';
import { both, callKeysOf, callsOf, nearRows, type Condition } from './block-conditions.ts';
import type { BlockReader } from './block-reader.ts';
import { identitiesIn, payloadHashesIn, successesIn, type BlockRow } from './block-records.ts';
import type { Page } from './page.ts';
import { outlineOf, RowStory } from './row-story.ts';

/** The head of a run's history; the rows come page by page. */
export interface HistoryHead {
  readonly batch: RecordOrigin & BatchRecord;
  readonly rowCount: number;
}

/** A page has no more rows, nor such whose indices are further apart. */
const PAGE_ROWS = 1_000;
const WIDEST_PAGE = 4_096;
/** Nor, unless it is a single row, more of large values, in bytes. */
const LARGEST_PAGE = 8 * 2 ** 20;

/** Rows that were first submitted one after another. */
interface RunPart {
  readonly run: number;
  /** State ids by row index, in the order of submission. */
  readonly rows: ReadonlyMap<number, string>;
  /** Range of the indices. */
  readonly first: number;
  readonly last: number;
  /** Number of the record of the last of them. */
  readonly end: number;
}

/** Reads what is on record of a run as it is needed to continue it: row by row. Synchronous: for a worker. */
export class RunHistories {
  readonly #reader: BlockReader;

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  /** Undefined when there is no record of the run. */
  head(runId: string): HistoryHead | undefined {
    const run = this.#reader.runOf(runId);
    const [first] = this.#reader.blocks({ sql: `run = ? AND kind = 'batch'`, values: [run] });
    if (first === undefined) return undefined;
    const [stored] = this.#reader.recordsOf(first);
    return { batch: stored?.record as HistoryHead['batch'], rowCount: this.#rowCountOf(run) };
  }

  /** Rows in the order of their first submission; those whose records stand behind `after`. */
  rows(runId: string, after: number): Page<RowHistory> {
    const run = this.#reader.runOf(runId);
    const part = this.#partBehind(run, after, PAGE_ROWS);
    if (part === undefined) return { items: [], next: undefined };
    const blocks = this.#reader.blocks(near(part));
    const bytes = this.#largeBytesIn(blocks);
    if (bytes <= LARGEST_PAGE) return { items: this.#historiesOf(part, blocks), next: part.end };
    const most = Math.max(1, Math.floor((part.rows.size * LARGEST_PAGE) / bytes));
    const smaller = this.#partBehind(run, after, most) as RunPart;
    return { items: this.#historiesOf(smaller, blocks), next: smaller.end };
  }

  /** The same rows in outline, for which their results are not read where all of them have succeeded. */
  outlines(runId: string, after: number): Page<RowOutline> {
    const part = this.#partBehind(this.#reader.runOf(runId), after, PAGE_ROWS);
    if (part === undefined) return { items: [], next: undefined };
    const hashes = this.#hashesOf(part);
    const histories = this.#haveAllSucceeded(part)
      ? undefined
      : this.#historiesOf(part, this.#reader.blocks(near(part)));
    const outlines =
      histories?.map(outlineOf) ??
      Array.from(part.rows, ([rowIndex, stateId]) => ({ stateId, rowIndex, entry: 'success' as const }));
    const items = outlines.map((outline) => ({
      ...outline,
      requestSha256: hashes.get(outline.rowIndex) as string,
    }));
    return { items, next: part.end };
  }

  #rowCountOf(run: number | null): number {
    const perBatch = this.#reader.all(
      `SELECT sum(count) AS rows FROM block JOIN batch ON batch.id = block.batch
       WHERE run = ? AND kind = 'row' GROUP BY batch`,
      run,
    );
    if (perBatch.length < 2) return Number(perBatch[0]?.['rows'] ?? 0);
    const indices = new Set<number>(); // a row may have been submitted to several batches
    for (const block of this.#reader.blocksInPassing(rowsOf(run))) {
      for (const { rowIndex } of identitiesIn(block)) indices.add(rowIndex);
    }
    return indices.size;
  }

  /** The rows behind a record, but no more than `most`; undefined when there are none. */
  #partBehind(run: number | null, after: number, most: number): RunPart | undefined {
    const rows = new Map<number, string>();
    let [first, last, start, end] = [Infinity, -Infinity, Infinity, after];
    const behind = {
      sql: 'seq > ? AND seq + count > ? + 1', // the first narrows it down by the key
      values: [after - LONGEST_BLOCK, after],
    };
    scan: for (const block of this.#reader.blocksInPassing(both([rowsOf(run), behind]))) {
      for (const [position, { rowIndex, stateId }] of identitiesIn(block).entries()) {
        const seq = block.seq + position;
        if (seq <= after) continue;
        const width = Math.max(last, rowIndex) - Math.min(first, rowIndex);
        if (rows.size === most || (rows.size > 0 && width >= WIDEST_PAGE)) break scan;
        rows.set(rowIndex, stateId);
        [first, last] = [Math.min(first, rowIndex), Math.max(last, rowIndex)];
        [start, end] = [Math.min(start, seq), seq];
      }
    }
    if (run === null || rows.size === 0) return undefined;
    const before = both([rowsOf(run), { sql: 'seq < ?', values: [start] }, nearRows(first, last)]);
    for (const block of this.#reader.blocks(before)) {
      for (const { rowIndex } of identitiesIn(block).slice(0, start - block.seq)) rows.delete(rowIndex);
    }
    return { run, rows, first, last, end };
  }

  /** @param blocks all that are {@link near} */
  #historiesOf({ run, rows }: RunPart, blocks: readonly BlockRow[]): RowHistory[] {
    const stories = new Map<number, RowStory>();
    for (const [rowIndex, stateId] of rows) stories.set(rowIndex, new RowStory({ stateId, rowIndex }));
    const response = (rowIndex: number, attempt: number) => stories.get(rowIndex)?.responseTo(attempt);
    for (const block of blocks) {
      for (const { record } of this.#reader.recordsWith(block, response, (index) => stories.has(index))) {
        if (record.kind === 'dispatch') {
          record.rowIndices.forEach((index, position) => {
            stories.get(index)?.dispatched(record.attempts[position] as number);
          });
        } else if ('rowIndex' in record) {
          stories.get(record.rowIndex)?.add(record);
        }
      }
    }
    if (this.#hasCalls(run)) for (const story of stories.values()) this.#addCalls(run, story);
    return Array.from(stories.values(), ({ history }) => history);
  }

  #hasCalls(run: number): boolean {
    const { start, end } = callKeysOf(run);
    const any = 'SELECT 1 FROM block WHERE call_key >= ? AND call_key < ? LIMIT 1';
    return this.#reader.all(any, start, end).length > 0;
  }

  #addCalls(run: number, story: RowStory): void {
    for (const { record } of this.#reader.records(callsOf(run, story.history.stateId))) story.add(record);
  }

  /** The hashes of what was submitted; of a row that came once more, changed, the last. */
  #hashesOf({ run, rows, first, last }: RunPart): ReadonlyMap<number, string> {
    const hashes = new Map<number, string>();
    for (const block of this.#reader.blocks(both([rowsOf(run), nearRows(first, last)]))) {
      for (const { record } of this.#reader.recordsWith(block, NO_RESPONSE, (index) => rows.has(index))) {
        if (record.kind === 'row') hashes.set(record.rowIndex, record.requestSha256);
      }
    }
    return hashes;
  }

  #haveAllSucceeded({ run, rows, first, last }: RunPart): boolean {
    const successful = new Set<number>();
    const entries = both([{ sql: `run = ? AND kind = 'entry'`, values: [run] }, nearRows(first, last)]);
    for (const block of this.#reader.blocks(entries)) {
      for (const rowIndex of successesIn(block)) if (rows.has(rowIndex)) successful.add(rowIndex);
    }
    return successful.size === rows.size;
  }

  /** Bytes of the large values that stand elsewhere. */
  #largeBytesIn(blocks: readonly BlockRow[]): number {
    const size = 'SELECT octet_length(text) AS bytes FROM payload WHERE sha256 = ?';
    let bytes = 0;
    for (const { body } of blocks) {
      for (const hash of payloadHashesIn(body)) {
        bytes += Number(this.#reader.all(size, hash)[0]?.['bytes'] ?? 0);
      }
    }
    return bytes;
  }
}

const NO_RESPONSE = () => undefined;

/** The blocks of a run with submitted rows. */
function rowsOf(run: number | null): Condition {
  return { sql: `run = ? AND kind = 'row'`, values: [run] };
}

/** Blocks, but not those of calls, that could be about what became of these rows. */
function near({ run, first, last }: RunPart): Condition {
  return both([{ sql: `run = ? AND kind <> 'row'`, values: [run] }, nearRows(first, last)]);
}
