import type { CallEvent } from '../core/call-event.ts';
import { serialize } from 'node:v8';
import type { Entry } from '../core/entry.ts';
import type { Outcome } from '../core/outcome.ts';
import { decodeCopy, encode, jsonTextOf, type Encoded } from '../core/codec.ts';
import { sha256 } from './sha256.ts';
import type { AttemptRecord, CallRecord, EntryRecord, RowRecord } from './audit-trail.ts';

/** The row that a record is about. */
export interface RecordedRow {
  readonly stateId: string;
  readonly rowIndex: number;
  readonly encoded: Encoded;
  readonly attempt: number;
}

/** When and where an attempt ran; instants are epoch ms. */
export interface AttemptPlace {
  readonly threadId: number;
  readonly sliceId: number;
  readonly dispatchedAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly delayMs: number;
  readonly backoffMs: number;
  readonly delayAfterMs?: number;
}

export function rowRecord(row: RecordedRow): RowRecord {
  const { stateId, rowIndex, encoded } = row;
  return {
    kind: 'row',
    stateId,
    rowIndex,
    request: decodeCopy(encoded),
    requestSha256: requestSha256(encoded),
  };
}

export function attemptRecord(row: RecordedRow, outcome: Outcome, place: AttemptPlace): AttemptRecord {
  const { stateId, rowIndex, attempt } = row;
  return { kind: 'attempt', stateId, rowIndex, attempt, ...describeOutcome(outcome), ...place };
}

/** Closes an attempt that was under way, or about to be, when its process died. @param at epoch ms */
export function interruptedAttemptRecord(
  { stateId, rowIndex }: Pick<RecordedRow, 'stateId' | 'rowIndex'>,
  attempt: number,
  at: number,
): AttemptRecord {
  const message = 'Process ended while the attempt ran, or before it had started';
  const unknown = { threadId: -1, sliceId: -1, dispatchedAt: at, startedAt: at, finishedAt: at };
  const identity = { stateId, rowIndex, attempt };
  return {
    kind: 'attempt',
    ...identity,
    outcome: 'lost',
    error: { code: 'worker_lost', message },
    ...unknown,
    delayMs: 0,
    backoffMs: 0,
  };
}

export function entryRecord(entry: Entry<unknown>): EntryRecord {
  return { kind: 'entry', ...entry };
}

export function callRecord(event: CallEvent): CallRecord {
  const { stateId, callIndex, attempt, name, phase, payload, error } = event;
  const common = { kind: 'call', stateId, callIndex, attempt, name, phase } as const;
  switch (phase) {
    case 'request':
      return { ...common, request: decodeCopy(payload) };
    case 'response':
      return { ...common, response: decodeCopy(payload) };
    case 'error':
      return error === undefined ? common : { ...common, error };
  }
}

function describeOutcome(outcome: Outcome): Pick<AttemptRecord, 'outcome' | 'response' | 'error'> {
  switch (outcome.status) {
    case 'success':
      return { outcome: 'ok', response: outcome.value };
    case 'error':
      return { outcome: outcome.error.code === 'attempt_timeout' ? 'lost' : 'failed', error: outcome.error };
    case 'capacity':
      return { outcome: 'capacity', error: outcome.error };
    case 'lost':
      return { outcome: 'lost', error: outcome.error };
  }
}

/** Tells values apart; undefined for one that can't be cloned. */
export function hashOfValue(value: unknown): string | undefined {
  try {
    return requestSha256(encode(value));
  } catch {
    return undefined;
  }
}

/** Tells the content of a row apart; see {@link RowRecord}. */
export function requestSha256(encoded: Encoded): string {
  const text = jsonTextOf(encoded);
  if (text !== undefined) return sha256(text);
  try {
    return sha256(serialize(encoded));
  } catch {
    return sha256(String(encoded)); // shared memory and the like, which have no bytes of their own
  }
}
