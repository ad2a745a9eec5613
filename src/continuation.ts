import { inspect } from 'node:util';
import type { BatchDescription, RowHistory, RowOutline, RunHistory } from './audit/audit-trail.ts';
import { requestSha256 } from './audit/records.ts';
import type { RowIdentity } from './batch.ts';
import { decodeCopy } from './core/codec.ts';
import type { Entry } from './core/entry.ts';
import { Uncloneable, type Snapshot } from './core/snapshot.ts';
import type { TransformResult } from './core/transform-result.ts';
import { differencesOf, DriftError, FINAL } from './drift.ts';

/** A row as it is submitted. */
export interface SubmittedRow extends RowIdentity {
  readonly snapshot: Snapshot;
}

/** A row of a run that is continued: its entry is on record, or it has none yet. */
export type ContinuedRow =
  | { readonly kind: 'recorded'; readonly entry: Entry<unknown> }
  | ({ readonly kind: 'unfinished' } & UnfinishedRow);

/** A row that was submitted before and has no entry yet, or is to get another. */
export interface UnfinishedRow {
  readonly row: SubmittedRow;
  /** Undefined for a row that can't be cloned: only its entry is on record. */
  readonly past: RowHistory | undefined;
  /** Its result where that is on record; else it has to run. */
  readonly result: TransformResult<unknown> | undefined;
  /** Whether it is not the row that is on record. */
  readonly changed: boolean;
}

export interface ContinuationParts {
  readonly history: RunHistory;
  /** The batch that continues the run. */
  readonly current: BatchDescription;
  readonly allowDrift: boolean;
  /** Whether rows whose result was an error run again. */
  readonly retryFailed: boolean;
  /** Gives the rows of the batch one by one; undefined when there are no more. */
  readonly pull: () => SubmittedRow | undefined | Promise<SubmittedRow | undefined>;
}

/** A row that has no entry, or is to get another. */
interface KeptRow {
  readonly row: SubmittedRow;
  readonly changed: boolean;
  /** Its place in the order of submission. */
  readonly position: number;
}

/**
 * Continues a run of which a trail has a record: compares the rows with those on record, page by page, and keeps only
 * those that have no entry; then gives all of them in order, with the results that are on record.
 */
export class Continuation {
  readonly #parts: ContinuationParts;
  readonly #kept: KeptRow[] = [];
  readonly #drift: string[];
  #pulled = 0;
  #changedRows = 0;
  #firstChange = '';

  private constructor(parts: ContinuationParts) {
    this.#parts = parts;
    this.#drift = differencesOf(parts.history.batch, parts.current);
  }

  /**
   * Reads as many rows as are on record and checks them.
   *
   * @throws DriftError when rows, transform or options differ from what is on record, unless that is allowed
   */
  static async begin(parts: ContinuationParts): Promise<Continuation> {
    const continuation = new Continuation(parts);
    continuation.#refuseDrift();
    await continuation.#compareRows();
    if (continuation.#changedRows > 1) {
      continuation.#drift.push(
        `${continuation.#changedRows} rows have changed, first ${continuation.#firstChange}`,
      );
    } else if (continuation.#changedRows === 1) {
      continuation.#drift.push(`${continuation.#firstChange} has changed`);
    }
    return continuation;
  }

  /** What differs from the record, by permission. */
  get drift(): readonly string[] {
    return this.#drift;
  }

  /** How many rows were pulled: those that follow are new. */
  get pulled(): number {
    return this.#pulled;
  }

  /** The rows that were pulled, in order. To be called once. */
  async *rows(): AsyncGenerator<ContinuedRow, void> {
    const kept = this.#kept[Symbol.iterator]();
    let next = kept.next().value;
    let position = 0;
    for await (const page of this.#parts.history.rows()) {
      for (const past of page) {
        // rows that can't be cloned are not in the history: they come before the next one that is
        for (; next?.position === position && isUncloneable(next); next = kept.next().value, position++) {
          yield { kind: 'unfinished', ...next, past: undefined, result: undefined };
        }
        if (position >= this.#pulled) return; // recorded meanwhile, or missing in the source
        if (next?.position === position) {
          yield {
            kind: 'unfinished',
            ...next,
            past,
            result: this.#runsAgain(past) ? undefined : past.result,
          };
          next = kept.next().value;
        } else if (past.entry !== undefined) {
          yield { kind: 'recorded', entry: past.entry };
        }
        position++;
      }
    }
  }

  #runsAgain({ entry, result }: RowHistory): boolean {
    return this.#parts.retryFailed && (result ?? entry?.result)?.status === 'error';
  }

  async #compareRows(): Promise<void> {
    const { history } = this.#parts;
    let compared = 0;
    for await (const page of history.outlines()) {
      for (const past of page) {
        const row = await this.#pullRecorded();
        if (row === undefined) {
          this.#drift.push(`the rows end after ${this.#pulled}, on record are ${history.rowCount}`);
          this.#refuseDrift();
          return;
        }
        this.#compare(row, past);
        if (++compared === history.rowCount) return;
      }
    }
  }

  /** The next row that can be on record. */
  async #pullRecorded(): Promise<SubmittedRow | undefined> {
    const { pull } = this.#parts;
    for (;;) {
      const pulled = pull();
      const row = pulled instanceof Promise ? await pulled : pulled;
      if (row === undefined) return undefined;
      this.#pulled++;
      if (!(row.snapshot instanceof Uncloneable)) return row;
      const position = this.#pulled - 1;
      this.#kept.push({ row, changed: false, position });
    }
  }

  #compare(row: SubmittedRow, past: RowOutline): void {
    const { history, allowDrift, retryFailed } = this.#parts;
    if (row.stateId !== past.stateId || row.rowIndex !== past.rowIndex) {
      const now = `row ${row.rowIndex} (${inspect(row.stateId)})`;
      const then = `row ${past.rowIndex} (${inspect(past.stateId)})`;
      throw new DriftError(history.runId, [`${now} comes where ${then} is on record, ${FINAL}`]);
    }
    const hash = history.requestSha256Of?.(decodeCopy(row.snapshot)) ?? requestSha256(row.snapshot);
    const changed = hash !== past.requestSha256;
    if (changed) {
      this.#firstChange ||= `row ${row.rowIndex} (${inspect(row.stateId)})`;
      this.#changedRows++;
      if (!allowDrift)
        throw new DriftError(history.runId, [...this.#drift, `${this.#firstChange} has changed`]);
    }
    if (past.entry === undefined || (retryFailed && past.entry === 'error'))
      this.#kept.push({ row, changed, position: this.#pulled - 1 });
  }

  #refuseDrift(): void {
    const { history, allowDrift } = this.#parts;
    if (this.#drift.length > 0 && !allowDrift) throw new DriftError(history.runId, this.#drift);
  }
}

function isUncloneable({ row }: KeptRow): boolean {
  return row.snapshot instanceof Uncloneable;
}
