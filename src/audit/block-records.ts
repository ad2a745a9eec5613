import type { AuditRecord } from './audit-trail.ts';
import { generatedStateId } from '../core/generated-id.ts';
import { sha256 } from './sha256.ts';
import type { StoredRecord } from './stored-record.ts';
import { fromStored } from './tagged-json.ts';

/** A row of the table `block`, with the names of its run and batch. */
export interface BlockRow {
  readonly seq: number;
  readonly count: number;
  readonly kind: AuditRecord['kind'];
  readonly run: number;
  readonly run_id: string;
  readonly batch_id: string;
  readonly at: number;
  readonly first_row: number | null;
  readonly last_row: number | null;
  readonly common: string;
  readonly body: string;
  readonly spans: string | null;
  readonly hash: string;
}

/** Finds what doesn't stand in the block itself. */
export interface Elsewhere {
  /** The text of a large payload. */
  payload(sha256: string): string;
  /** The response of an attempt in the block's run. */
  response(rowIndex: number, attempt: number): unknown;
}

type Fields = Record<string, unknown>;
type Span = readonly [start: number, end: number] | null;

/** The records of a block, as they were recorded. */
export function recordsOfBlock(block: BlockRow, elsewhere: Elsewhere): StoredRecord[] {
  const { seq, kind, hash, run_id: runId, batch_id: batchId, at } = block;
  const { from = {}, ...common } = JSON.parse(block.common) as Fields & { from?: Record<string, number> };
  const spans = block.spans === null ? [] : (JSON.parse(block.spans) as readonly Span[]);
  const bodies = JSON.parse(block.body) as readonly Readonly<Fields>[];
  return bodies.map((body, position) => {
    const fields: Fields = { kind, runId, batchId, at, ...common };
    for (const name in from) fields[name] = (from[name] ?? 0) + position;
    for (const name in body) fields[name] = fromStored(body[name], (hashed) => elsewhere.payload(hashed));
    const span = spans[position];
    if (span) fields[payloadNameIn(body)] = block.body.slice(...span);
    if (!('stateId' in fields) && typeof fields['rowIndex'] === 'number') {
      fields['stateId'] = generatedStateId(fields['rowIndex']);
    }
    return { seq: seq + position, hash, record: complete(fields, elsewhere) as unknown as AuditRecord };
  });
}

function payloadNameIn(body: Readonly<Fields>): string {
  return ['request', 'response', 'value'].find((name) => name in body) ?? '';
}

/** Adds what follows from other fields and was not stored for that reason. */
function complete(fields: Fields, elsewhere: Elsewhere): Fields {
  switch (fields['kind']) {
    case 'row':
      fields['requestSha256'] ??= sha256(JSON.stringify(fields['request']));
      return fields;
    case 'entry':
      return withResult(fields, elsewhere);
    default:
      return fields;
  }
}

/** The value of a success that stands nowhere here is the response of the row's last attempt. */
function withResult(fields: Fields, elsewhere: Elsewhere): Fields {
  const { status, error, retryable, ...entry } = fields;
  if (status !== 'success') return { ...entry, result: { status, error, retryable } };
  const { value, ...rest } = entry;
  const { rowIndex, attempts } = rest as { rowIndex: number; attempts: number };
  return {
    ...rest,
    result: { status, value: 'value' in entry ? value : elsewhere.response(rowIndex, attempts) },
  };
}
