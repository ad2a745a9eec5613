import type { AuditRecord } from '../audit-trail.ts';
import type { RecordOf } from './readable-trail.ts';
import type {
  ExplainedAttempt,
  ExplainedCall,
  ExplainedEntry,
  OpenAttempt,
  RowExplanation,
  RowSubmission,
  Wait,
} from './row-explanation.ts';

/** The id of the thread in the record of an attempt under which the process died. */
const NO_THREAD = -1;

/** Codes of entries of rows that never finished. */
const UNFINISHED: ReadonlySet<string> = new Set(['aborted', 'shutdown_requested']);

/**
 * Tells the story of a row.
 *
 * @param records those about the row and its run, in their order; those of batches are ignored, and there is at least one
 *   about the row itself
 */
export function explainRecords(
  identity: Pick<RowExplanation, 'runId' | 'stateId' | 'rowIndex'>,
  records: readonly AuditRecord[],
): RowExplanation {
  const rows = ofKind(records, 'row');
  const entries = ofKind(records, 'entry').map(toEntry);
  const calls = ofKind(records, 'call');
  const submissions = rows.map((row) => submissionOf(row, entries));
  const submission = submissions.at(-1); // a run may have been continued with another row in its place
  const replaced = submissions.slice(0, -1);
  const attempts = attemptsOf(ofKind(records, 'attempt'), calls, submissions[0]?.at);
  const open = openAttemptOf(ofKind(records, 'dispatch'), identity.rowIndex, records, calls);
  const result = entries.at(-1)?.result;
  return {
    ...identity,
    batches: new Set(records.filter(isAboutRow).map(({ batchId }) => batchId)).size,
    ...(submission === undefined ? {} : { submission }),
    ...(replaced.length === 0 ? {} : { replaced }),
    attempts,
    ...(open === undefined ? {} : { open }),
    entries,
    ...(result === undefined || isUnfinished(result) ? {} : { result }),
  };
}

/** Whether a result says that the row was cut off before it could finish. */
export function isUnfinished(result: ExplainedEntry['result']): boolean {
  return result.status === 'error' && UNFINISHED.has(result.error.code);
}

function ofKind<Kind extends AuditRecord['kind']>(
  records: readonly AuditRecord[],
  kind: Kind,
): readonly RecordOf<Kind>[] {
  return records.filter((record): record is RecordOf<Kind> => record.kind === kind);
}

function toEntry({ kind: _kind, runId: _runId, ...entry }: RecordOf<'entry'>): ExplainedEntry {
  return entry;
}

function submissionOf(
  { batchId, at, request, requestSha256 }: RecordOf<'row'>,
  entries: readonly ExplainedEntry[],
): RowSubmission {
  const submittedAt = entries.find((entry) => entry.batchId === batchId)?.submittedAt;
  return { batchId, at: submittedAt ?? at, request, requestSha256 };
}

function isAboutRow({ kind }: AuditRecord): boolean {
  return kind !== 'batch' && kind !== 'batch-end';
}

function attemptsOf(
  attempts: readonly RecordOf<'attempt'>[],
  calls: readonly RecordOf<'call'>[],
  submittedAt: number | undefined,
): readonly ExplainedAttempt[] {
  return attempts.map((record, position) => {
    const { attempt, batchId, outcome, error, threadId, backoffMs } = record;
    const isPlaced = threadId !== NO_THREAD;
    const { sliceId, dispatchedAt, startedAt, finishedAt, delayMs } = record;
    const before = attempts[position - 1];
    return {
      attempt,
      batchId,
      outcome,
      ...('response' in record ? { response: record.response } : {}),
      ...(error === undefined ? {} : { error }),
      ...(isPlaced ? { place: { threadId, sliceId, dispatchedAt, startedAt, finishedAt, delayMs } } : {}),
      waits: isPlaced ? waitsOf(record, before, submittedAt) : [],
      backoffMs,
      calls: callsOf(calls, attempt),
    };
  });
}

/** What an attempt waited for since the row was ready for it, as far as that is known. */
function waitsOf(
  { batchId, dispatchedAt, startedAt }: RecordOf<'attempt'>,
  before: RecordOf<'attempt'> | undefined,
  submittedAt: number | undefined,
): readonly Wait[] {
  const sameBatch = before !== undefined && before.batchId === batchId && before.threadId !== NO_THREAD;
  const freeAt = before === undefined ? submittedAt : sameBatch ? before.finishedAt : undefined;
  const idleMs = freeAt === undefined ? 0 : Math.max(0, dispatchedAt - freeAt);
  const backoffMs = Math.min(idleMs, sameBatch ? before.backoffMs : 0);
  const waits: readonly Wait[] = [
    { for: 'backoff', ms: backoffMs },
    { for: 'turn', ms: idleMs - backoffMs },
    { for: 'worker', ms: startedAt - dispatchedAt },
  ];
  return waits.filter(({ ms }) => ms > 0);
}

function callsOf(calls: readonly RecordOf<'call'>[], attempt: number): readonly ExplainedCall[] {
  const own = calls.filter((call) => call.attempt === attempt);
  return own
    .filter(({ phase }) => phase === 'request')
    .map(({ callIndex, name, at, request }) => {
      const end = own.find((call) => call.callIndex === callIndex && call.phase !== 'request');
      return {
        callIndex,
        name,
        requestedAt: at,
        request,
        ...(end === undefined ? {} : { endedAt: end.at }),
        ...(end !== undefined && 'response' in end ? { response: end.response } : {}),
        ...(end?.error === undefined ? {} : { error: end.error }),
      };
    });
}

/** An attempt that was dispatched after all else that is on record of the row, or at least made a call. */
function openAttemptOf(
  dispatches: readonly RecordOf<'dispatch'>[],
  rowIndex: number,
  records: readonly AuditRecord[],
  calls: readonly RecordOf<'call'>[],
): OpenAttempt | undefined {
  const dispatch = dispatches.at(-1);
  if (dispatch === undefined) return undefined;
  const attempt = dispatch.attempts[dispatch.rowIndices.indexOf(rowIndex)];
  const later = records.slice(records.indexOf(dispatch) + 1);
  const ended = later.some(({ kind }) => kind === 'attempt' || kind === 'entry');
  if (attempt === undefined || ended) return undefined;
  return { attempt, sliceId: dispatch.sliceId, dispatchedAt: dispatch.at, calls: callsOf(calls, attempt) };
}
