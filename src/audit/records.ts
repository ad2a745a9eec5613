import type { CallEvent } from '../core/call-event.ts';
import { serialize } from 'node:v8';
import type { Outcome } from '../core/outcome.ts';
import { decodeCopy, encode, jsonTextOf, type Encoded } from '../core/codec.ts';
import type { Piece } from '../core/longest-text.ts';
import type { AttemptRecord, AuditRecord, CallRecord, RowRecord } from './audit-trail.ts';
import { sha256 } from './sha256.ts';
import type { AttemptsEvent, EventOf, TrailEvent } from './trail-event.ts';

/** The records that an event stands for. */
export function recordsOf(event: TrailEvent): AuditRecord[] {
  const { runId, batchId, at } = event;
  const origin = { runId, batchId, at };
  switch (event.kind) {
    case 'rows':
      return rowRecords(event).map((record) => ({ ...origin, ...record }));
    case 'dispatch': {
      const { sliceId, rows } = event;
      const rowIndices = mapPlaces(rows, (place) => rows.rowIndexAt(place));
      const attempts = mapPlaces(rows, (place) => rows.attemptAt(place));
      return [{ ...origin, kind: 'dispatch', sliceId, rowIndices, attempts }];
    }
    case 'attempts':
      return mapPlaces(event.attempts, (place) => ({ ...origin, ...attemptRecord(event, place) }));
    case 'call':
      return [{ ...origin, ...callRecord(event.call) }];
    case 'entries':
      return event.entries.flatMap((entries) =>
        mapPlaces(entries, (place) => ({ ...origin, kind: 'entry', ...entries.at(place) })),
      );
    case 'single':
      return [{ ...origin, ...event.content }];
  }
}

/** What `valueAt` gives for each place of a list, or of a part of it. */
export function mapPlaces<Value>(
  { size }: { readonly size: number },
  valueAt: (place: number) => Value,
  { from, to }: Piece = { from: 0, to: size },
): Value[] {
  const values: Value[] = []; // not by Array.from, which takes some times as long
  for (let place = from; place < to; place++) values.push(valueAt(place));
  return values;
}

function rowRecords({ rows }: EventOf<'rows'>): RowRecord[] {
  return rows.encoded.map((encoded, place) => ({
    kind: 'row',
    stateId: rows.stateIdAt(place),
    rowIndex: rows.rowIndexAt(place),
    request: decodeCopy(encoded),
    requestSha256: requestSha256(encoded),
  }));
}

function attemptRecord(slice: AttemptsEvent, place: number): AttemptRecord {
  const { threadId, sliceId, dispatchedAt, delayMs, toEpoch, attempts } = slice;
  const outcome = attempts.outcomeAt(place);
  const delayAfterMs = attempts.delayAfterMsAt(place);
  return {
    kind: 'attempt',
    stateId: attempts.stateIdAt(place),
    rowIndex: attempts.rowIndexAt(place),
    attempt: attempts.attemptAt(place),
    outcome: outcomeName(outcome),
    ...(outcome.status === 'success' ? { response: outcome.value } : { error: outcome.error }),
    threadId,
    sliceId,
    dispatchedAt,
    startedAt: toEpoch(attempts.startedAt(place)),
    finishedAt: toEpoch(attempts.finishedAt(place)),
    delayMs,
    backoffMs: attempts.backoffMsAt(place),
    ...(delayAfterMs === undefined ? {} : { delayAfterMs }),
  };
}

/** Closes an attempt that was under way, or about to be, when its process died. @param at epoch ms */
export function interruptedAttemptRecord(
  { stateId, rowIndex }: { readonly stateId: string; readonly rowIndex: number },
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

function callRecord(event: CallEvent): CallRecord {
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

/** How an attempt ended, as the trail says it. */
export function outcomeName(outcome: Outcome): AttemptRecord['outcome'] {
  switch (outcome.status) {
    case 'success':
      return 'ok';
    case 'error':
      return outcome.error.code === 'attempt_timeout' ? 'lost' : 'failed';
    case 'capacity':
    case 'lost':
      return outcome.status;
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
