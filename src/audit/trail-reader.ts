import type { AuditRecord } from './audit-trail.ts';
import { both, conditionOf, mentions, nearRows, type Identity } from './block-conditions.ts';
import type { BlockReader } from './block-reader.ts';
import type { Page } from './page.ts';
import type { RecordFilter, RunSummary, StoredRecord } from './stored-record.ts';

/** A page ends with the block that makes it as long as this, in records, or as large, in characters. */
const PAGE_RECORDS = 1_000;
const PAGE_CHARS = 8 * 2 ** 20;

/** Reads what stands in a trail's file. Synchronous: for a worker. */
export class TrailReader {
  readonly #reader: BlockReader;

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  /** Records in their order, those behind `after`. */
  records(filter: RecordFilter, after: number): Page<StoredRecord> {
    const run = filter.runId === undefined ? undefined : this.#reader.runOf(filter.runId);
    const rows = isOfOneRow(filter) ? this.#identitiesOf(filter, run) : undefined;
    const condition = conditionOf(filter, run, rows);
    const behind = both([condition, { sql: 'seq > ?', values: [after] }]);
    const reader = this.#reader;
    const blocks = rows === undefined ? reader.blocksInPassing(behind) : reader.blocks(behind);
    const items: StoredRecord[] = [];
    const mostChars = reader.charsRead + PAGE_CHARS;
    for (const block of blocks) {
      for (const stored of reader.recordsOf(block)) if (isAbout(stored.record, rows)) items.push(stored);
      if (items.length >= PAGE_RECORDS || reader.charsRead >= mostChars)
        return { items, next: block.seq + block.count - 1 };
    }
    return { items, next: undefined };
  }

  runs(): RunSummary[] {
    const of = (kind: string) => `coalesce(sum(count) FILTER (WHERE kind = '${kind}'), 0)`;
    const rows = this.#reader.all(
      `SELECT run_id AS runId, min(at) AS startedAt, ${of('batch')} AS batches, ${of('row')} AS "rows",
              ${of('attempt')} AS attempts, ${of('call')} AS calls, ${of('entry')} AS entries,
              max(seq) FILTER (WHERE kind = 'batch') AS begun, max(seq) FILTER (WHERE kind = 'batch-end') AS ended,
              max(at) FILTER (WHERE kind = 'batch-end') AS endedAt
       FROM block JOIN batch ON batch.id = block.batch JOIN run ON run.id = batch.run
       GROUP BY run ORDER BY min(seq)`,
    ) as unknown as (Omit<RunSummary, 'endedAt'> & Record<'begun' | 'ended' | 'endedAt', number | null>)[];
    return rows.map(({ begun, ended, endedAt, ...summary }) =>
      endedAt === null || ended === null || ended < (begun ?? 0)
        ? summary
        : { ...summary, endedAt, ...this.#howEnded(ended) },
    );
  }

  /** @param seq of the end of a batch */
  #howEnded(seq: number): Pick<RunSummary, 'sourceEnded'> {
    for (const { record } of this.#reader.records({ sql: 'seq = ?', values: [seq] }))
      if (record.kind === 'batch-end' && record.sourceEnded === false) return { sourceEnded: false };
    return {};
  }

  /** The rows that a filter means, in every run or in one. */
  #identitiesOf(
    filter: Pick<RecordFilter, 'stateId' | 'rowIndex'>,
    run: number | null | undefined,
  ): Identity[] {
    const { stateId, rowIndex } = filter;
    const near = rowIndex === undefined ? undefined : nearRows(rowIndex, rowIndex);
    const blocks = this.#reader.blocks(
      both([
        { sql: `kind IN ('row', 'entry')`, values: [] },
        ...(run === undefined ? [] : [{ sql: 'run = ?', values: [run] }]),
        ...(near === undefined ? [] : [near]),
        ...(stateId === undefined ? [] : [mentions(stateId)]),
      ]),
    );
    const found = new Map<string, Identity>();
    for (const block of blocks) {
      for (const { record } of this.#reader.recordsOf(block)) {
        if (!('rowIndex' in record) || !isMeant(record, filter)) continue;
        const identity = { run: block.run, stateId: record.stateId, rowIndex: record.rowIndex };
        found.set(JSON.stringify(identity), identity);
      }
    }
    return [...found.values()];
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
