import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { AuditRecord, BatchRecord, RecordOrigin, RowHistory } from './audit-trail.ts';
import {
  both,
  callKeysOf,
  callsOf,
  conditionOf,
  mentions,
  nearRows,
  type Condition,
  type Identity,
} from './block-conditions.ts';
import { recordsOfBlock, type BlockRow, type Elsewhere } from './block-records.ts';
import { RowStory } from './row-story.ts';
import type { RecordFilter, RunSummary, StoredRecord } from './stored-record.ts';
import type { TrailFile } from './trail-file.ts';

/** A part of an answer; `next` is where the following part begins, undefined after the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: number | undefined;
}

/** The head of a run's history; the rows come page by page. */
export interface HistoryHead {
  readonly batch: RecordOrigin & BatchRecord;
  readonly rowCount: number;
}

/** A page ends with the block that makes it as long as this. */
const PAGE_RECORDS = 1_000;

const COLUMNS = 'seq, count, kind, run, run_id, batch_id, at, first_row, last_row, common, body, spans, hash';
const JOINED = 'JOIN batch ON batch.id = block.batch JOIN run ON run.id = batch.run';

/** Reads what stands in a trail's file. Synchronous: for a worker. */
export class TrailReader {
  readonly #file: TrailFile;
  readonly #payload: StatementSync;

  constructor(file: TrailFile) {
    this.#file = file;
    this.#payload = file.database.prepare('SELECT text FROM payload WHERE sha256 = ?');
  }

  /** Records in their order, those behind `after`. */
  records(filter: RecordFilter, after: number): Page<StoredRecord> {
    const run = filter.runId === undefined ? undefined : (this.#runOf(filter.runId) ?? null);
    const rows = isOfOneRow(filter) ? this.#identitiesOf(filter, run) : undefined;
    const condition = conditionOf(filter, run, rows);
    const behind = both([condition, { sql: 'seq > ?', values: [after] }]);
    const blocks = rows === undefined ? this.#blocksInPassing(behind) : this.#blocks(behind);
    const items: StoredRecord[] = [];
    for (const block of blocks) {
      for (const stored of this.#recordsOf(block)) if (isAbout(stored.record, rows)) items.push(stored);
      if (items.length >= PAGE_RECORDS) return { items, next: block.seq + block.count - 1 };
    }
    return { items, next: undefined };
  }

  runs(): RunSummary[] {
    const of = (kind: string) => `coalesce(sum(count) FILTER (WHERE kind = '${kind}'), 0)`;
    const rows = this.#all(
      `SELECT run_id AS runId, min(at) AS startedAt, ${of('batch')} AS batches, ${of('row')} AS "rows",
              ${of('attempt')} AS attempts, ${of('call')} AS calls, ${of('entry')} AS entries,
              max(seq) FILTER (WHERE kind = 'batch') AS begun, max(seq) FILTER (WHERE kind = 'batch-end') AS ended,
              max(at) FILTER (WHERE kind = 'batch-end') AS endedAt
       FROM block JOIN batch ON batch.id = block.batch JOIN run ON run.id = batch.run
       GROUP BY run ORDER BY min(seq)`,
    ) as unknown as (Omit<RunSummary, 'endedAt'> & Record<'begun' | 'ended' | 'endedAt', number | null>)[];
    return rows.map(({ begun, ended, endedAt, ...summary }) =>
      endedAt === null || (ended ?? 0) < (begun ?? 0) ? summary : { ...summary, endedAt },
    );
  }

  historyHead(runId: string): HistoryHead | undefined {
    const run = this.#runOf(runId);
    const [first] = this.#blocks({ sql: `run = ? AND kind = 'batch'`, values: [run ?? null] });
    if (first === undefined) return undefined;
    const [stored] = this.#recordsOf(first);
    return { batch: stored?.record as HistoryHead['batch'], rowCount: this.#rowCountOf(run ?? null) };
  }

  #rowCountOf(run: number | null): number {
    const perBatch = this.#all(
      `SELECT sum(count) AS rows FROM block JOIN batch ON batch.id = block.batch
       WHERE run = ? AND kind = 'row' GROUP BY batch`,
      run,
    );
    if (perBatch.length < 2) return Number(perBatch[0]?.['rows'] ?? 0);
    const indices = new Set<number>(); // a row may have been submitted to several batches
    for (const { record } of this.#blocksRecords({ sql: `run = ? AND kind = 'row'`, values: [run] })) {
      if (record.kind === 'row') indices.add(record.rowIndex);
    }
    return indices.size;
  }

  /** Rows in the order of their first submission; those whose records stand behind `after`. */
  historyRows(runId: string, after: number): Page<RowHistory> {
    const run = this.#runOf(runId) ?? null;
    const behind = { sql: `run = ? AND kind = 'row' AND seq > ?`, values: [run, after] };
    const [block] = this.#blocksInPassing(behind);
    if (block === undefined) return { items: [], next: undefined };
    return { items: this.#storiesOf(block), next: block.seq + block.count - 1 };
  }

  /** The stories of the rows that were first submitted in a block. */
  #storiesOf(block: BlockRow): RowHistory[] {
    const stories = new Map<number, RowStory>();
    const byState = new Map<string, RowStory>();
    const known = new Set<number>();
    const submitted = [...this.#recordsOf(block)].map(({ record }) => record);
    const indices = submitted.flatMap((record) => ('rowIndex' in record ? [record.rowIndex] : []));
    const [first, last] = [
      indices.reduce((a, b) => Math.min(a, b)),
      indices.reduce((a, b) => Math.max(a, b)),
    ];
    const before = { sql: `run = ? AND kind = 'row' AND seq < ?`, values: [block.run, block.seq] };
    for (const { record } of this.#blocksRecords(both([before, nearRows(first, last)]))) {
      if (record.kind === 'row') known.add(record.rowIndex);
    }
    for (const record of submitted) {
      if (record.kind !== 'row' || known.has(record.rowIndex)) continue;
      const story = new RowStory(record);
      stories.set(record.rowIndex, story);
      byState.set(record.stateId, story);
    }
    for (const { record } of this.#around(block.run, first, last)) {
      if (record.kind === 'dispatch') for (const index of record.rowIndices) stories.get(index)?.add(record);
      else if ('rowIndex' in record) stories.get(record.rowIndex)?.add(record);
    }
    for (const [stateId, story] of this.#hasCalls(block.run) ? byState : []) {
      for (const { record } of this.#blocksRecords(callsOf(block.run, stateId))) story.add(record);
    }
    return Array.from(stories.values(), ({ history }) => history);
  }

  #hasCalls(run: number): boolean {
    const { start, end } = callKeysOf(run);
    return (
      this.#all('SELECT 1 FROM block WHERE call_key >= ? AND call_key < ? LIMIT 1', start, end).length > 0
    );
  }

  /** The records of a run about rows in a range, except calls, and some about others. */
  #around(run: number, first: number, last: number): Iterable<StoredRecord> {
    return this.#blocksRecords(both([{ sql: 'run = ?', values: [run] }, nearRows(first, last)]));
  }

  *#blocksRecords(condition: Condition): Generator<StoredRecord> {
    for (const block of this.#blocks(condition)) yield* this.#recordsOf(block);
  }

  /** The rows that a filter means, in every run or in one. */
  #identitiesOf(
    filter: Pick<RecordFilter, 'stateId' | 'rowIndex'>,
    run: number | null | undefined,
  ): Identity[] {
    const { stateId, rowIndex } = filter;
    const near = rowIndex === undefined ? undefined : nearRows(rowIndex, rowIndex);
    const blocks = this.#blocks(
      both([
        { sql: `kind IN ('row', 'entry')`, values: [] },
        ...(run === undefined ? [] : [{ sql: 'run = ?', values: [run] }]),
        ...(near === undefined ? [] : [near]),
        ...(stateId === undefined ? [] : [mentions(stateId)]),
      ]),
    );
    const found = new Map<string, Identity>();
    for (const block of blocks) {
      for (const { record } of this.#recordsOf(block)) {
        if (!('rowIndex' in record) || !isMeant(record, filter)) continue;
        const identity = { run: block.run, stateId: record.stateId, rowIndex: record.rowIndex };
        found.set(JSON.stringify(identity), identity);
      }
    }
    return [...found.values()];
  }

  #runOf(runId: string): number | undefined {
    return this.#all('SELECT id FROM run WHERE run_id = ?', runId)[0]?.['id'] as number | undefined;
  }

  /** Few blocks, found by an index and then put in order. */
  #blocks(condition: Condition): Iterable<BlockRow> {
    return this.#select('block', condition);
  }

  /** Blocks of which many may be meant and only the first are wanted: looks at one after the other. */
  #blocksInPassing(condition: Condition): Iterable<BlockRow> {
    return this.#select('block NOT INDEXED', condition);
  }

  #select(table: string, { sql, values }: Condition): Iterable<BlockRow> {
    const statement = this.#file.database.prepare(
      `SELECT ${COLUMNS} FROM ${table} ${JOINED} WHERE ${sql} ORDER BY seq`,
    );
    return statement.iterate(...values) as Iterable<unknown> as Iterable<BlockRow>;
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#file.database.prepare(sql).all(...values);
  }

  #recordsOf(block: BlockRow): StoredRecord[] {
    let responses: ReadonlyMap<string, unknown> | undefined;
    const elsewhere: Elsewhere = {
      payload: (sha256) => this.#payloadText(sha256),
      response: (rowIndex, attempt) => {
        responses ??= this.#responsesAround(block);
        return responses.get(`${rowIndex} ${attempt}`);
      },
    };
    return recordsOfBlock(block, elsewhere);
  }

  /** The responses of the attempts at the rows of a block, by row index and attempt. */
  #responsesAround({ run, first_row: first, last_row: last }: BlockRow): ReadonlyMap<string, unknown> {
    const attempts = both([
      { sql: `run = ? AND kind = 'attempt'`, values: [run] },
      nearRows(first ?? 0, last ?? 0),
    ]);
    const responses = new Map<string, unknown>();
    for (const { record } of this.#blocksRecords(attempts)) {
      if (record.kind === 'attempt') responses.set(`${record.rowIndex} ${record.attempt}`, record.response);
    }
    return responses;
  }

  #payloadText(sha256: string): string {
    const text = this.#payload.get(sha256)?.['text'];
    if (typeof text === 'string') return text;
    throw new Error(`Cannot read audit trail ${this.#file.path} as it lacks the payload ${sha256}`);
  }
}

function isOfOneRow({ stateId, rowIndex }: RecordFilter): boolean {
  return stateId !== undefined || rowIndex !== undefined;
}

function isMeant(row: Omit<Identity, 'run'>, { stateId, rowIndex }: RecordFilter): boolean {
  return (
    (stateId === undefined || row.stateId === stateId) &&
    (rowIndex === undefined || row.rowIndex === rowIndex)
  );
}

/** Whether a record, found in a block that could contain such, is about one of these rows. */
function isAbout(record: AuditRecord, rows: readonly Identity[] | undefined): boolean {
  if (rows === undefined) return true;
  if (record.kind === 'dispatch') return rows.some(({ rowIndex }) => record.rowIndices.includes(rowIndex));
  return 'stateId' in record && rows.some(({ stateId }) => stateId === record.stateId);
}
