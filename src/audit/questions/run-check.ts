import type { AuditRecord } from '../audit-trail.ts';
import { CallCheck } from './call-check.ts';
import type { Findings } from './findings.ts';
import type { RecordOf } from './readable-trail.ts';
import { isTerminal, resultOf, RowLedger, type RowResult, type RowState } from './row-ledger.ts';
import { StoppedBatches } from './stopped-batches.ts';
import { UnfinishedRows } from './unfinished-rows.ts';
import type { CheckedCounts } from './verification.ts';

interface OpenBatch {
  readonly retryFailed: boolean;
  readonly continues: boolean;
  /** Rows that have an entry again in this batch, by index. */
  readonly again: Set<number>;
}

/**
 * Checks the records of one run: each row has exactly one terminal entry, its attempts are numbered without gaps, its calls
 * have indices of their own. Records are to be given in their order.
 */
export class RunCheck {
  readonly #findings: Findings;
  readonly #ledger = new RowLedger();
  readonly #calls = new CallCheck();
  readonly #stopped = new StoppedBatches();
  readonly #unfinished = new UnfinishedRows();
  readonly #open = new Map<string, OpenBatch>();
  readonly #replaced = new Map<number, RecordOf<'entry'>>();
  readonly #counts = { batches: 0, rows: 0, attempts: 0, calls: 0, entries: 0 };

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  get counts(): CheckedCounts {
    return this.#counts;
  }

  /** The last entries of the rows that have more than one, by row index. */
  get replacements(): ReadonlyMap<number, RecordOf<'entry'>> {
    return this.#replaced;
  }

  /** Whether the run was stopped before all of its input was done. To be asked for at the {@link end}. */
  get stopped(): boolean {
    return this.#stopped.wasStopped(this.#unfinished.count);
  }

  add(record: AuditRecord): void {
    this.#stopped.add(record);
    switch (record.kind) {
      case 'batch':
        this.#addBatch(record);
        break;
      case 'row':
        this.#addRow(record);
        break;
      case 'attempt':
        this.#addAttempt(record);
        break;
      case 'call':
        this.#addCall(record);
        break;
      case 'entry':
        this.#addEntry(record);
        break;
      case 'batch-end':
        this.#open.delete(record.batchId);
        break;
      case 'dispatch':
    }
  }

  /** To be called once, after the last record. */
  end(): void {
    this.#ledger.forEach((rowIndex, { result }) => {
      if (!isTerminal(result)) this.#unfinished.add(rowIndex, result);
    });
    const ended = this.#open.size === 0;
    if (!ended) this.#reportOpen(this.#unfinished.count);
    for (const finding of this.#unfinished.findings(ended)) this.#findings.add(finding);
  }

  #addBatch({ batchId, continues }: RecordOf<'batch'>): void {
    this.#counts.batches++;
    if (continues !== undefined) this.#open.clear(); // it takes over from those that never ended
    this.#open.set(batchId, {
      continues: continues !== undefined,
      retryFailed: continues?.retryFailed ?? false,
      again: new Set(),
    });
  }

  #addRow({ rowIndex, batchId }: RecordOf<'row'>): void {
    const known = this.#ledger.of(rowIndex).submitted;
    if (!known) this.#counts.rows++;
    else if (this.#open.get(batchId)?.continues !== true) this.#report(rowIndex, 'was submitted twice');
    this.#ledger.note(rowIndex, { submitted: true });
  }

  #addAttempt({ rowIndex, batchId, attempt, outcome }: RecordOf<'attempt'>): void {
    this.#counts.attempts++;
    const before = this.#ledger.of(rowIndex);
    if (!before.submitted) this.#report(rowIndex, `has attempt ${attempt}, but was not submitted`);
    if (attempt !== before.attempts + 1)
      this.#report(rowIndex, `has attempt ${attempt} after attempt ${before.attempts}`);
    if (!this.#mayGoOn(before, batchId))
      this.#report(rowIndex, `ran again (attempt ${attempt}) after its result (${before.result})`);
    this.#ledger.note(rowIndex, { attempts: attempt, outcome });
  }

  #addCall(record: RecordOf<'call'>): void {
    this.#counts.calls++;
    const problem = this.#calls.add(record);
    if (problem === undefined) return;
    this.#findings.add({ about: 'row', message: `Row with state id '${record.stateId}': ${problem}` });
  }

  #addEntry(record: RecordOf<'entry'>): void {
    const { rowIndex, stateId, batchId, attempts } = record;
    const before = this.#ledger.of(rowIndex);
    const result = resultOf(record);
    this.#counts.entries++;
    const batch = this.#open.get(batchId);
    const isAgain = isTerminal(before.result);
    if (!this.#mayGoOn(before, batchId) || (isAgain && batch?.again.has(rowIndex) === true))
      this.#report(rowIndex, `has a second terminal entry (${result}) after ${before.result}`);
    if (isAgain) batch?.again.add(rowIndex);
    if (before.result !== 'none') this.#replaced.set(rowIndex, record);
    if (attempts !== before.attempts)
      this.#report(rowIndex, `has an entry with ${attempts} attempts, but ${before.attempts} on record`);
    if (!isPlausible(before, result))
      this.#report(rowIndex, `has the result '${result}' after an attempt that was '${before.outcome}'`);
    if (result === 'success') this.#calls.forget(stateId);
    this.#ledger.note(rowIndex, { result });
  }

  /** Whether a row may go on in a batch. */
  #mayGoOn({ result, submitted }: RowState, batchId: string): boolean {
    if (!isTerminal(result)) return true;
    const batch = this.#open.get(batchId);
    // a row that can't be cloned is not on record itself: a batch that continues the run finds that out again
    return result !== 'success' && (batch?.retryFailed === true || (batch?.continues === true && !submitted));
  }

  #reportOpen(unfinished: number): void {
    const rows = unfinished === 0 ? 'all its rows so far have' : `${unfinished} of its rows don't have`;
    const why = 'its process died, and --resume (or its runId) continues it, or it still runs';
    this.#findings.add({ about: 'run', message: `Run never ended, and ${rows} their results: ${why}` });
  }

  #report(rowIndex: number, problem: string): void {
    this.#findings.add({ about: 'row', message: `Row ${rowIndex} ${problem}`, rowIndex });
  }
}

/** Whether a result can come from the last attempt. */
function isPlausible({ outcome }: RowState, result: RowResult): boolean {
  return (result === 'success') === (outcome === 'ok');
}
