import type { DatabaseSync } from 'node:sqlite';
import type { BlockRow } from './block-records.ts';
import { chainHash } from './block.ts';
import { iterateRows } from './iterate-rows.ts';
import { reasonOf } from './sqlite-error.ts';
import { sha256 } from './sha256.ts';

/** Whether a trail's file is as it was written. */
export interface ChainReport {
  readonly intact: boolean;
  /** How many records were looked at. */
  readonly records: number;
  /** The hash of the last of them: whoever has noted it down can tell later that none of them was changed since. */
  readonly headHash: string;
  /** What is wrong, one sentence part each; the first of many. */
  readonly problems: readonly string[];
}

/** How far a check has come. */
export interface ChainProgress {
  readonly seq: number;
  readonly hash: string;
}

/** What one step of a check has found; `next` is undefined when it was the last. */
export interface ChainStep {
  readonly problems: readonly string[];
  readonly next: ChainProgress | undefined;
  /** How many records there are up to here. */
  readonly records: number;
  /** The hash of the last of them. */
  readonly hash: string;
}

/** Where a check begins. */
export const CHAIN_START: ChainProgress = { seq: 0, hash: '' };

type StoredBlock = Omit<BlockRow, 'run' | 'run_id' | 'batch_id'> & {
  readonly run_id: string | null;
  readonly batch_id: string | null;
  readonly call_key: string | null;
};

/** Blocks that one step looks at. */
const STEP_BLOCKS = 256;

/**
 * Follows the hash chain of a trail. Every column of every record is under it, and so are the payloads, whose names are
 * their hashes; the head says where the chain ends.
 */
export class ChainCheck {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Looks at the next blocks, and after the last ones at the head. */
  step(after: ChainProgress): ChainStep {
    try {
      return this.#atOneMoment(() => this.#follow(after));
    } catch (reason) {
      return { problems: [reasonOf(reason)], next: undefined, records: after.seq, hash: after.hash };
    }
  }

  /** What SQLite says about the file, and payloads that are not what their names say. */
  otherProblems(): string[] {
    try {
      return [...this.#sqliteProblems(), ...this.#payloadProblems()];
    } catch (reason) {
      return [reasonOf(reason)];
    }
  }

  #follow(after: ChainProgress): ChainStep {
    const blocks = this.#blocksAfter(after.seq);
    const problems: string[] = [];
    let { seq, hash } = after;
    for (const block of blocks) {
      problems.push(...this.#problemsOf(block, { seq, hash }));
      ({ hash } = block);
      seq = block.seq + block.count - 1;
    }
    if (blocks.length === STEP_BLOCKS) return { problems, next: { seq, hash }, records: seq, hash };
    problems.push(...this.#headProblems({ seq, hash }));
    return { problems, next: undefined, records: seq, hash };
  }

  /** What is read belongs together, also while another process writes. */
  #atOneMoment<Result>(read: () => Result): Result {
    this.#database.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#database.exec('ROLLBACK');
    }
  }

  #blocksAfter(seq: number): StoredBlock[] {
    const statement = this.#database.prepare(
      `SELECT block.*, run_id, batch_id
       FROM block LEFT JOIN batch ON batch.id = block.batch LEFT JOIN run ON run.id = batch.run
       WHERE seq > ? ORDER BY seq LIMIT ${STEP_BLOCKS}`,
    );
    return statement.all(seq) as unknown as StoredBlock[];
  }

  #problemsOf(block: StoredBlock, before: ChainProgress): string[] {
    const { seq, count, body } = block;
    const records = describeRecords(seq, seq + count - 1);
    const problems: string[] = [];
    if (seq !== before.seq + 1) {
      const missing = describeRecords(before.seq + 1, seq - 1);
      problems.push(seq > before.seq ? `${missing} missing` : `${records} overlapping with others`);
    }
    if (hashOf(block, before.hash) !== block.hash) {
      problems.push(`${records} not as written, or not in the place where written`);
    }
    for (const [, hash = ''] of body.matchAll(
      /\{"\$tagged":\{"\$(?:payload|textPayload)":"([0-9a-f]{64})"\}\}/g,
    )) {
      if (!this.#hasPayload(hash)) problems.push(`${records} without the payload ${hash}`);
    }
    return problems;
  }

  #hasPayload(hash: string): boolean {
    return this.#database.prepare('SELECT 1 FROM payload WHERE sha256 = ?').get(hash) !== undefined;
  }

  #headProblems(end: ChainProgress): string[] {
    const head = this.#database.prepare('SELECT seq, hash FROM head').get();
    if (head === undefined) return ['the head of the chain is missing'];
    const seq = Number(head['seq']);
    if (seq > end.seq) return [`${describeRecords(end.seq + 1, seq)} missing at the end`];
    if (seq < end.seq) return [`${describeRecords(seq + 1, end.seq)} beyond the head of the chain`];
    return head['hash'] === end.hash ? [] : ['the head of the chain is not as written'];
  }

  #sqliteProblems(): string[] {
    const rows = this.#database.prepare('PRAGMA integrity_check').all();
    return rows
      .map((row) => String(row['integrity_check']))
      .filter((text) => text !== 'ok')
      .map((text) => `SQLite: ${text}`);
  }

  #payloadProblems(): string[] {
    const problems: string[] = [];
    for (const row of iterateRows(this.#database.prepare('SELECT sha256, text FROM payload'))) {
      const name = String(row['sha256']);
      if (sha256(String(row['text'])) !== name) problems.push(`payload ${name} is not as written`);
    }
    return problems;
  }
}

function hashOf(block: StoredBlock, before: string): string {
  const {
    run_id: runId,
    batch_id: batchId,
    first_row: firstRow,
    last_row: lastRow,
    call_key: callKey,
  } = block;
  return chainHash(before, {
    ...block,
    runId: runId ?? '',
    batchId: batchId ?? '',
    firstRow,
    lastRow,
    callKey,
  });
}

function describeRecords(first: number, last: number): string {
  return first === last ? `record ${first} is` : `records ${first} to ${last} are`;
}
