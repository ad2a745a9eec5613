import type { TransformResult } from '../core/transform-result.ts';
import type { AttemptRecord, AuditRecord, RowHistory, RowRecord } from './audit-trail.ts';

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
        delete history.result;
        history.openAttempt = attempt;
        history.attempts = Math.max(history.attempts, attempt);
        break;
      }
      case 'attempt': {
        delete history.openAttempt;
        const result = resultOf(record);
        if (result === undefined) delete history.result;
        else history.result = result;
        history.attempts = Math.max(history.attempts, record.attempt);
        break;
      }
      case 'call':
        if (record.attempt > history.attempts) history.openAttempt = history.attempts = record.attempt;
        history.nextCallIndex = Math.max(history.nextCallIndex, record.callIndex + 1);
        break;
      case 'entry': {
        const { kind: _kind, runId: _run, batchId: _batch, at: _at, ...entry } = record;
        delete history.openAttempt;
        delete history.entry;
        delete history.result;
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

/** The result that the row had after this attempt; undefined where it had none, or where it can't be told. */
function resultOf({ outcome, response, error }: AttemptRecord): TransformResult<unknown> | undefined {
  if (outcome === 'ok') return { status: 'success', value: response };
  // whether what was rejected may be tried again is on record only in the entry
  const final = error?.code === 'transform_error' || error?.code === 'attempt_timeout';
  return final && outcome !== 'capacity' ? { status: 'error', error, retryable: false } : undefined;
}
