import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { blocksOf, chainHash, type Block } from './block.ts';
import { NumberTexts } from './number-texts.ts';
import type { RecordSet } from './record-set.ts';
import { redactSet } from './redact-set.ts';
import type { Redactor } from './redactor.ts';
import { reasonOf } from './sqlite-error.ts';
import type { TrailFile } from './trail-file.ts';

/** Appends record sets, each call in one transaction. */
export class TrailAppender {
  readonly #file: TrailFile;
  readonly #database: DatabaseSync;
  readonly #redactor: Redactor;
  readonly #statements: Statements;
  readonly #batches = new Map<string, { readonly id: number; readonly run: number }>();
  readonly #numbers = new NumberTexts();
  #seq: number;
  #hash: string;

  constructor(file: TrailFile, redactor: Redactor) {
    this.#redactor = redactor;
    const { database } = file;
    this.#file = file;
    this.#database = database;
    this.#statements = prepareStatements(database);
    const head = database.prepare('SELECT seq, hash FROM head').get();
    this.#seq = Number(head?.['seq']);
    this.#hash = String(head?.['hash']);
  }

  /** As of its {@link Redactor}. */
  get idlePaths(): readonly string[] {
    return this.#redactor.idlePaths;
  }

  /**
   * When it returns, the records are durable; when it throws, none of them is in the file.
   *
   * @returns whether results of rows have lost something to redaction
   */
  append(sets: readonly RecordSet[]): boolean {
    const before = { seq: this.#seq, hash: this.#hash };
    let losesResults = false;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const set of sets) {
        const redacted = this.#redactor.isIdle ? undefined : redactSet(set, this.#redactor);
        losesResults ||= redacted?.losesResults === true;
        this.#appendSet(redacted?.set ?? set);
      }
      this.#statements.head.run(this.#seq, this.#hash);
      this.#database.exec('COMMIT');
      return losesResults;
    } catch (reason) {
      ({ seq: this.#seq, hash: this.#hash } = before);
      this.#batches.clear();
      this.#rollBack();
      throw new Error(`Cannot write to audit trail ${this.#file.path} as ${reasonOf(reason)}`, {
        cause: reason,
      });
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has done so already
    }
  }

  #appendSet(set: RecordSet): void {
    const batch = this.#batchOf(set.runId, set.batchId);
    for (const { block, payloads } of blocksOf(set, { run: batch.run, numbers: this.#numbers })) {
      for (const { sha256, text } of payloads) this.#statements.payload.run(sha256, text);
      this.#appendBlock(set, block, batch.id);
    }
    if (set.kind === 'batch-end') this.#batches.delete(batchKey(set)); // an executor may live through any number of them
  }

  #appendBlock(set: RecordSet, block: Block, batch: number): void {
    const { count, firstRow, lastRow, callKey, common, body, spans } = block;
    const seq = this.#seq + 1;
    this.#hash = chainHash(this.#hash, { ...set, ...block, seq });
    this.#statements.block.run(
      seq,
      count,
      set.kind,
      batch,
      set.at,
      firstRow,
      lastRow,
      callKey,
      common,
      body,
      spans,
      this.#hash,
    );
    this.#seq += count;
  }

  #batchOf(runId: string, batchId: string): { readonly id: number; readonly run: number } {
    const key = batchKey({ runId, batchId });
    const known = this.#batches.get(key);
    if (known !== undefined) return known;
    const { insertRun, run: findRun, insertBatch, batch: findBatch } = this.#statements;
    insertRun.run(runId);
    const run = Number(findRun.get(runId)?.['id']);
    insertBatch.run(run, batchId);
    const batch = { id: Number(findBatch.get(run, batchId)?.['id']), run };
    this.#batches.set(key, batch);
    return batch;
  }
}

function batchKey({ runId, batchId }: Pick<RecordSet, 'runId' | 'batchId'>): string {
  return JSON.stringify([runId, batchId]);
}

type Statements = Readonly<
  Record<'insertRun' | 'run' | 'insertBatch' | 'batch' | 'block' | 'payload' | 'head', StatementSync>
>;

function prepareStatements(database: DatabaseSync): Statements {
  return {
    insertRun: database.prepare('INSERT INTO run (run_id) VALUES (?) ON CONFLICT DO NOTHING'),
    run: database.prepare('SELECT id FROM run WHERE run_id = ?'),
    insertBatch: database.prepare('INSERT INTO batch (run, batch_id) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    batch: database.prepare('SELECT id FROM batch WHERE run = ? AND batch_id = ?'),
    block: database.prepare('INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    payload: database.prepare('INSERT INTO payload VALUES (?, ?) ON CONFLICT DO NOTHING'),
    head: database.prepare('UPDATE head SET seq = ?, hash = ?'),
  };
}
