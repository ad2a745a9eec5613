import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { both, nearRows, type Condition } from './block-conditions.ts';
import { recordsOfBlock, type BlockRow, type Elsewhere } from './block-records.ts';
import { iterateRows } from './iterate-rows.ts';
import type { StoredRecord } from './stored-record.ts';
import type { TrailFile } from './trail-file.ts';

const COLUMNS = 'seq, count, kind, run, run_id, batch_id, at, first_row, last_row, common, body, spans, hash';
const JOINED = 'JOIN batch ON batch.id = block.batch JOIN run ON run.id = batch.run';

/** Reads the blocks of a trail's file, and the records in them. Synchronous: for a worker. */
export class BlockReader {
  readonly #file: TrailFile;
  readonly #statements = new Map<string, StatementSync>();
  #charsRead = 0;

  constructor(file: TrailFile) {
    this.#file = file;
  }

  /** Length of all bodies and payloads whose records were given so far. */
  get charsRead(): number {
    return this.#charsRead;
  }

  /** The rows that a query gives. */
  all(sql: string, ...values: readonly SQLInputValue[]): Record<string, unknown>[] {
    return this.#statementOf(sql).all(...values);
  }

  /** The number of a run in the file; null, which equals no number there, when the file doesn't know it. */
  runOf(runId: string): number | null {
    return (this.all('SELECT id FROM run WHERE run_id = ?', runId)[0]?.['id'] as number | undefined) ?? null;
  }

  /** Few blocks, found by an index, in their order. */
  blocks(condition: Condition): readonly BlockRow[] {
    return this.all(selection('block', condition), ...condition.values) as unknown as readonly BlockRow[];
  }

  /** Blocks of which many may be meant and only the first are wanted: looks at one after the other, in their order. */
  blocksInPassing(condition: Condition): Iterable<BlockRow> {
    // not one of the kept statements: others may run while this one is gone through
    const statement = this.#file.database.prepare(selection('block NOT INDEXED', condition));
    return iterateRows(statement, ...condition.values) as Iterable<unknown> as Iterable<BlockRow>;
  }

  /** The records of few blocks. */
  *records(condition: Condition): Generator<StoredRecord> {
    for (const block of this.blocks(condition)) yield* this.recordsOf(block);
  }

  recordsOf(block: BlockRow): readonly StoredRecord[] {
    let responses: ReadonlyMap<string, unknown> | undefined;
    const response = (rowIndex: number, attempt: number) => {
      responses ??= this.#responsesAround(block);
      return responses.get(`${rowIndex} ${attempt}`);
    };
    return this.recordsWith(block, response);
  }

  /**
   * The same, where the responses of attempts, which the records of entries need, are known already.
   *
   * @param isWanted whether records about this row are wanted (default: all are); those about no row, or several, always are
   */
  recordsWith(
    block: BlockRow,
    response: Elsewhere['response'],
    isWanted?: (rowIndex: number) => boolean,
  ): readonly StoredRecord[] {
    this.#charsRead += block.body.length;
    return recordsOfBlock(block, { payload: (hash) => this.#payloadText(hash), response }, isWanted);
  }

  /** The responses of the attempts at the rows of a block, by row index and attempt. */
  #responsesAround({ run, first_row: first, last_row: last }: BlockRow): ReadonlyMap<string, unknown> {
    const attempts = both([
      { sql: `run = ? AND kind = 'attempt'`, values: [run] },
      nearRows(first ?? 0, last ?? 0),
    ]);
    const responses = new Map<string, unknown>();
    for (const { record } of this.records(attempts)) {
      if (record.kind === 'attempt') responses.set(`${record.rowIndex} ${record.attempt}`, record.response);
    }
    return responses;
  }

  #payloadText(sha256: string): string {
    const [found] = this.all('SELECT text FROM payload WHERE sha256 = ?', sha256);
    const text = found?.['text'];
    if (typeof text !== 'string') {
      throw new Error(`Cannot read audit trail ${this.#file.path} as it lacks the payload ${sha256}`);
    }
    this.#charsRead += text.length;
    return text;
  }

  #statementOf(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#file.database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function selection(table: string, { sql }: Condition): string {
  return `SELECT ${COLUMNS} FROM ${table} ${JOINED} WHERE ${sql} ORDER BY seq`;
}
