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

/**
 * The records of a block, as they were recorded.
 *
 * @param isWanted whether records about this row are wanted (default: all are); those about no row, or several, always are
 */
export function recordsOfBlock(
  block: BlockRow,
  elsewhere: Elsewhere,
  isWanted: (rowIndex: number) => boolean = () => true,
): StoredRecord[] {
  const { seq, kind, hash, run_id: runId, batch_id: batchId, at } = block;
  const { from = {}, ...common } = JSON.parse(block.common) as Fields & { from?: Record<string, number> };
  const spans = block.spans === null ? [] : (JSON.parse(block.spans) as readonly Span[]);
  const bodies = JSON.parse(block.body) as readonly Readonly<Fields>[];
  const shared: Fields = { kind, runId, batchId, at, ...common };
  const records: StoredRecord[] = [];
  bodies.forEach((body, position) => {
    const rowIndex = rowIndexOf({ body, common, from }, position);
    if (rowIndex !== undefined && !isWanted(rowIndex)) return;
    const fields = { ...shared };
    for (const name in from) fields[name] = (from[name] as number) + position;
    for (const name in body) fields[name] = fromStored(body[name], (hashed) => elsewhere.payload(hashed));
    const span = spans[position];
    if (span) fields[payloadNameIn(body)] = block.body.slice(...span);
    if (rowIndex !== undefined) fields['stateId'] ??= generatedStateId(rowIndex);
    records.push({
      seq: seq + position,
      hash,
      record: complete(fields, elsewhere) as unknown as AuditRecord,
    });
  });
  return records;
}

/** Where the fields of a block's records stand. */
interface FieldPlaces {
  readonly body: Readonly<Fields>;
  readonly common: Readonly<Fields>;
  readonly from: Readonly<Record<string, number>>;
}

function rowIndexOf({ body, common, from }: FieldPlaces, position: number): number | undefined {
  const counted = from['rowIndex'];
  if (counted !== undefined) return counted + position;
  return (body['rowIndex'] ?? common['rowIndex']) as number | undefined;
}

/** Which rows the records of a block are about, in their order. For records about one row each. */
export function identitiesIn(
  block: Pick<BlockRow, 'count' | 'common' | 'body'>,
): readonly { readonly rowIndex: number; readonly stateId: string }[] {
  const { from, ...common } = JSON.parse(block.common) as Partial<Identified> & {
    from?: Partial<Identified>;
  };
  const first = from?.rowIndex;
  const isInCommon = first !== undefined && !block.body.includes('"stateId":');
  const bodies: readonly Partial<Identified>[] = isInCommon
    ? new Array<object>(block.count).fill({})
    : (JSON.parse(block.body) as readonly Partial<Identified>[]);
  return bodies.map((body, position) => {
    const rowIndex = first === undefined ? ((body.rowIndex ?? common.rowIndex) as number) : first + position;
    return { rowIndex, stateId: body.stateId ?? common.stateId ?? generatedStateId(rowIndex) };
  });
}

interface Identified {
  readonly rowIndex: number;
  readonly stateId: string;
}

/** The rows that have succeeded by the entries of a block; none where not all of them have. */
export function successesIn(block: BlockRow): readonly number[] {
  const { status } = JSON.parse(block.common) as { readonly status?: string };
  return status === 'success' ? identitiesIn(block).map(({ rowIndex }) => rowIndex) : [];
}

/** Names of the large payloads to which the text of a block refers, and perhaps others that look like such. */
export function payloadHashesIn(body: string): readonly string[] {
  return Array.from(body.matchAll(/"\$(?:p|textP)ayload":"([0-9a-f]{64})"/g), ([, hash = '']) => hash);
}

function payloadNameIn(body: Readonly<Fields>): string {
  return ['request', 'response', 'value'].find((name) => name in body) as string;
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
  const { status, error, retryable, value, ...entry } = fields;
  if (status !== 'success') return { ...entry, result: { status, error, retryable } };
  const { rowIndex, attempts } = entry as unknown as { rowIndex: number; attempts: number };
  entry['result'] = {
    status,
    value: 'value' in fields ? value : elsewhere.response(rowIndex, attempts),
  };
  return entry;
}
