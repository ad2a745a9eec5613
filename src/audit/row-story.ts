import type { TransformResult } from '../core/transform-result.ts';
import type { AttemptRecord, AuditRecord, RowHistory, RowOutline, RowRecord } from './audit-trail.ts';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Codes of entries that say that the row never finished. */
const UNFINISHED: ReadonlySet<string> = new Set(['aborted', 'shutdown_requested']);

/** What the records of one row add up to; they are to be given in their order. */
export class RowStory {
  readonly #history: Mutable<RowHistory>;
  /** Of the last attempt that succeeded. */
  #response: { readonly attempt: number; readonly value: unknown } | undefined;

  constructor({ stateId, rowIndex }: Pick<RowRecord, 'stateId' | 'rowIndex'>) {
    this.#history = { stateId, rowIndex, attempts: 0, nextCallIndex: 0 };
  }

  get history(): RowHistory {
    return this.#history;
  }

  /** What an attempt has given, if it was the last one that succeeded. */
  responseTo(attempt: number): unknown {
    return this.#response?.attempt === attempt ? this.#response.value : undefined;
  }

  /** An attempt was handed to a worker. */
  dispatched(attempt: number): void {
    const history = this.#history;
    delete history.result;
    history.openAttempt = attempt;
    history.attempts = Math.max(history.attempts, attempt);
  }

  /** A record that is about this row alone. */
  add(record: AuditRecord): void {
    const history = this.#history;
    switch (record.kind) {
      case 'attempt': {
        delete history.openAttempt;
        const result = resultOf(record);
        if (result === undefined) delete history.result;
        else history.result = result;
        history.attempts = Math.max(history.attempts, record.attempt);
        if (record.outcome === 'ok') this.#response = { attempt: record.attempt, value: record.response };
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
        if (isTerminal(entry.result)) history.entry = entry;
        break;
      }
      case 'row':
      case 'batch':
      case 'batch-end':
      case 'dispatch':
    }
  }
}

/** Whether a result says what the row came to, and not that it never finished. */
function isTerminal(result: TransformResult<unknown>): boolean {
  return result.status === 'success' || !UNFINISHED.has(result.error.code);
}

/** The part of an outline that comes from the row's history. */
export function outlineOf({
  stateId,
  rowIndex,
  entry,
  result,
}: RowHistory): Omit<RowOutline, 'requestSha256'> {
  return {
    stateId,
    rowIndex,
    ...(entry === undefined ? {} : { entry: entry.result.status }),
    ...(result === undefined ? {} : { result: result.status }),
  };
}

/** The result that the row had after this attempt; undefined where it had none, or where it can't be told. */
function resultOf({ outcome, response, error }: AttemptRecord): TransformResult<unknown> | undefined {
  if (outcome === 'ok') return { status: 'success', value: response };
  // whether what was rejected may be tried again is on record only in the entry
  const final = error?.code === 'transform_error' || error?.code === 'attempt_timeout';
  return final && outcome !== 'capacity' ? { status: 'error', error, retryable: false } : undefined;
}
