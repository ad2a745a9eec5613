import type { Remote } from 'comlink';
import { resolve } from 'node:path';
import type { AuditRecord, AuditTrail, RowHistory, RowOutline, RunHistory } from './audit-trail.ts';
import { CHAIN_START, type ChainProgress, type ChainReport, type ChainStep } from './chain-check.ts';
import { packEvents, type PackOptions } from './pack-events.ts';
import { packRecords } from './pack-records.ts';
import type { AuditReport } from './questions/audit-report.ts';
import { auditRuns, type AuditOptions } from './questions/audit-runs.ts';
import { explainRow, type ExplainOptions } from './questions/explain-row.ts';
import type { RowExplanation } from './questions/row-explanation.ts';
import type { Verification } from './questions/verification.ts';
import { verifyRun, type VerifyOptions } from './questions/verify-run.ts';
import type { RecordSet } from './record-set.ts';
import { redactedSha256 } from './redacted-hash.ts';
import { Redactor } from './redactor.ts';
import { checkRecordFilter, type RecordFilter, type RunSummary, type StoredRecord } from './stored-record.ts';
import type { Page } from './page.ts';
import { openEvents, type EventGroup, type TakesEvents } from './event-trail.ts';
import { checkTrailOptions, type SqliteAuditTrailOptions } from './trail-options.ts';
import { TrailConnection } from './trail-connection.ts';
import type { TrailService } from './trail-service.ts';

/** More problems are not listed: what is wrong is clear by then. */
const MOST_PROBLEMS = 100;

/** Events for a record that values may be kept out of. */
export interface RedactedGroup extends EventGroup {
  /** Resolves to whether results of rows have lost something to `redact`. */
  append(): Promise<boolean>;
}

/**
 * Keeps all records in an SQLite file (WAL; `append` resolves when its records are on the disk). A worker thread of its
 * own does all the work with the file. Nothing is opened before it is first needed, and then it stays open until
 * {@link close}; the worker keeps the process alive only while something is under way.
 */
export class SqliteAuditTrail implements AuditTrail, TakesEvents {
  /** Absolute. */
  readonly path: string;
  readonly outlivesProcess = true;
  readonly #options: SqliteAuditTrailOptions;
  readonly #packing: PackOptions;
  #connection: TrailConnection | undefined;
  #closed: Promise<void> | undefined;

  /** @throws TypeError on an unknown option, a value that is none, or "Cannot redact 'a..b' as it is no path". */
  constructor(path: string, options: SqliteAuditTrailOptions = {}) {
    checkTrailOptions(path, options);
    this.path = resolve(path);
    this.#options = options;
    const { text, redact = [] } = options;
    const marked = text === 'json';
    const redactor = new Redactor(redact); // refuses here what is no path
    const hashOf = redactor.isIdle
      ? undefined
      : (request: unknown) => redactedSha256(request, redactor, marked);
    this.#packing = { marked, hashOf };
  }

  /** Like the constructor, and opens the file at once: rejects when that can't be done. */
  static async open(path: string, options: SqliteAuditTrailOptions = {}): Promise<SqliteAuditTrail> {
    const trail = new this(path, options); // bundled, a class that names itself gets another name
    try {
      await trail.#use(() => undefined);
      return trail;
    } catch (reason) {
      await trail.close();
      throw reason;
    }
  }

  async append(records: readonly AuditRecord[]): Promise<void> {
    await this.#append(packRecords(records, this.#packing.marked));
  }

  /** How the executor records: the same as {@link append} with the records that the events stand for. */
  [openEvents](): RedactedGroup {
    const sets: RecordSet[] = [];
    return {
      add: (events) => {
        for (const set of packEvents(events, this.#packing)) sets.push(set);
      },
      append: () => this.#append(sets),
    };
  }

  /**
   * Records in the order in which they became durable, page by page; all, or those that a filter lets through.
   *
   * @throws TypeError on a condition that there is not, or a value that is none
   */
  records(filter: RecordFilter = {}): AsyncIterable<readonly StoredRecord[]> {
    checkRecordFilter(filter);
    return this.#pages((service, after) => service.records(filter, after));
  }

  /** All runs, in the order of their first records. */
  async runs(): Promise<readonly RunSummary[]> {
    return this.#use((service) => service.runs());
  }

  async history(runId: string): Promise<RunHistory | undefined> {
    const head = await this.#use((service) => service.historyHead(runId));
    if (head === undefined) return undefined;
    const rows = () => this.#pages<RowHistory>((service, after) => service.historyRows(runId, after));
    const outlines = () =>
      this.#pages<RowOutline>(async (service, after) => {
        const { text, next } = await service.historyOutlines(runId, after);
        return { items: JSON.parse(text) as RowOutline[], next };
      });
    const { hashOf } = this.#packing;
    return { runId, ...head, outlines, rows, ...(hashOf === undefined ? {} : { requestSha256Of: hashOf }) };
  }

  /**
   * Checks that the file is as it was written: finds a changed byte, a missing record, records that changed places, and a
   * missing end. Someone who can write the file and knows how can still make a new chain, or leave out the newest records
   * together with the head.
   */
  async verifyChain(): Promise<ChainReport> {
    const problems: string[] = [];
    let [records, headHash] = [0, CHAIN_START.hash];
    for (let next: ChainProgress | undefined = CHAIN_START; next !== undefined;) {
      const from: ChainProgress = next;
      const step: ChainStep = await this.#use((service) => service.chainStep(from));
      problems.push(...step.problems.slice(0, MOST_PROBLEMS - problems.length));
      ({ next, records, hash: headHash } = step);
    }
    problems.push(...(await this.#use((service) => service.otherProblems())));
    return { intact: problems.length === 0, records, headHash, problems: problems.slice(0, MOST_PROBLEMS) };
  }

  /**
   * The story of a row: its request, each attempt with response or error, its waits, calls and place in the order.
   *
   * @param row its `rowIndex`, or its `stateId`
   * @throws TrailQuestionError when there is no such run or row; the message says which there are
   */
  explain(row: number | string, options?: ExplainOptions): Promise<RowExplanation> {
    return explainRow(this, row, options);
  }

  /**
   * Sums up what happened in the runs, and recomputes each counter of the stats from the records. Takes memory for each
   * row, some 10 bytes, and for each slice, not for what they are.
   *
   * @throws TrailQuestionError when there is no such run
   */
  audit(options?: AuditOptions): Promise<AuditReport> {
    return auditRuns(this, options);
  }

  /**
   * Checks that the record is whole: the hash chain, and of one run that it has ended, that each row has exactly one terminal
   * entry, that attempts are numbered without gaps and calls have indices of their own; and an output, if one is given.
   *
   * @throws TrailQuestionError when there is no such run
   */
  verify(options?: VerifyOptions): Promise<Verification> {
    return verifyRun(this, options);
  }

  /** Lets what is under way end, and closes the file. Warns of paths of `redact` that led to nothing in what was written. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  #append(sets: readonly RecordSet[]): Promise<boolean> {
    return this.#use((service) => service.append(sets));
  }

  async #close(): Promise<void> {
    const idlePaths = (await this.#connection?.close()) ?? [];
    if (idlePaths.length > 0) warnOfIdlePaths(this.path, idlePaths);
  }

  async *#pages<Item>(
    read: (service: Remote<TrailService>, after: number) => Promise<Page<Item>>,
  ): AsyncGenerator<readonly Item[]> {
    for (let after: number | undefined = 0; after !== undefined;) {
      const from: number = after;
      const { items, next } = await this.#use((service) => read(service, from));
      if (items.length > 0) yield items;
      after = next;
    }
  }

  async #use<Result>(action: (service: Remote<TrailService>) => Promise<Result> | Result): Promise<Result> {
    if (this.#closed !== undefined) throw new Error(`Cannot use audit trail ${this.path} as it is closed`);
    const { readOnly = false, create = true, redact = [] } = this.#options;
    this.#connection ??= new TrailConnection({ path: this.path, readOnly, create, redact });
    return this.#connection.use(action);
  }
}

function warnOfIdlePaths(path: string, idlePaths: readonly string[]): void {
  const names = idlePaths.map((idle) => `'${idle}'`).join(', ');
  process.emitWarning(
    `Nothing was redacted at ${names} in what was written to audit trail ${path}: no value had such a path; check how it is spelt`,
    { type: 'IdleRedactionWarning', code: 'POOLED_EXECUTOR_IDLE_REDACTION' },
  );
}
