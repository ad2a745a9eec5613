import type { AuditRecord, RowHistory, RowRecord } from './audit-trail.ts';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Codes of entries that say that the row never finished. */
const UNFINISHED: ReadonlySet<string> = new Set(['aborted', 'shutdown_requested']);

/** What the records of one row add up to; they are to be given in their order. */
export class RowStory {
  readonly #history: Mutable<RowHistory>;

  constructor({ stateId, rowIndex, requestSha256 }: RowRecord) {
    this.#history = { stateId, rowIndex, requestSha256, attempts: 0, nextCallIndex: 0 };
  }

  get history(): RowHistory {
    return this.#history;
  }

  /** A record that is about this row. */
  add(record: AuditRecord): void {
    const history = this.#history;
    switch (record.kind) {
      case 'dispatch': {
        const attempt = record.attempts[record.rowIndices.indexOf(history.rowIndex)] ?? 0;
        history.openAttempt = attempt;
        history.attempts = Math.max(history.attempts, attempt);
        break;
      }
      case 'attempt':
        delete history.openAttempt;
        history.attempts = Math.max(history.attempts, record.attempt);
        break;
      case 'call':
        if (record.attempt > history.attempts) history.openAttempt = history.attempts = record.attempt;
        history.nextCallIndex = Math.max(history.nextCallIndex, record.callIndex + 1);
        break;
      case 'entry': {
        const { kind: _kind, runId: _run, batchId: _batch, at: _at, ...entry } = record;
        delete history.openAttempt;
        delete history.entry;
        history.attempts = entry.attempts; // a dispatch that came back unstarted was none
        if (entry.result.status === 'success' || !UNFINISHED.has(entry.result.error.code))
          history.entry = entry;
        break;
      }
      case 'row':
        history.requestSha256 = record.requestSha256; // the run was continued with another row in its place
        break;
      case 'batch':
      case 'batch-end':
    }
  }
}
