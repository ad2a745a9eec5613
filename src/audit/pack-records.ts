import { encode } from '../core/codec.ts';
import type { AuditRecord, EntryRecord } from './audit-trail.ts';
import type { RecordItem, RecordSet } from './record-set.ts';
import { toStoredText } from './tagged-json.ts';

const NOTHING_IN_COMMON = '{}';

/** Single records as sets: those beside each other that were made at the same moment stand together. */
export function packRecords(records: readonly AuditRecord[]): RecordSet[] {
  const sets: (RecordSet & { readonly items: RecordItem[] })[] = [];
  for (const record of records) {
    const { kind, runId, batchId, at } = record;
    const last = sets.at(-1);
    const item = itemOf(record);
    const joins =
      item.payloadName !== undefined && // the others stand alone
      item.callKey === undefined &&
      last?.kind === kind &&
      last.at === at &&
      last.runId === runId &&
      last.batchId === batchId;
    if (joins) last.items.push(item);
    else sets.push({ kind, runId, batchId, at, common: NOTHING_IN_COMMON, items: [item] });
  }
  return sets;
}

function itemOf(record: AuditRecord): RecordItem {
  const { kind: _kind, runId: _runId, batchId: _batchId, at: _at, ...fields } = record;
  switch (record.kind) {
    case 'row':
      return withPayload(fields, 'request', record.rowIndex);
    case 'attempt':
      return withPayload(fields, 'response' in record ? 'response' : 'error', record.rowIndex);
    case 'entry':
      return entryItem(record);
    case 'call': {
      const payloadName = (['request', 'response', 'error'] as const).find((name) => name in record);
      const item =
        payloadName === undefined ? { fields: textOf(fields) } : withPayload(fields, payloadName, undefined);
      return { ...item, callKey: callKey(record) };
    }
    case 'batch':
    case 'batch-end':
      return { fields: textOf(fields) };
    case 'dispatch':
      return { fields: textOf(fields), rows: rangeOf(record.rowIndices) };
  }
}

/** `state_id` and `call_index` are unique in a run, once for each side of the call. */
function callKey(call: {
  readonly callIndex: number;
  readonly phase: string;
  readonly stateId: string;
}): string {
  return `${JSON.stringify(call.stateId)} ${call.callIndex} ${call.phase === 'request' ? 'request' : 'end'}`;
}

function entryItem(record: EntryRecord): RecordItem {
  const { kind: _kind, result, ...own } = record;
  const { runId: _runId, batchId: _batchId, at: _at, ...fields } = own as Partial<AuditRecord> & typeof own;
  return result.status === 'success'
    ? withPayload({ ...fields, status: result.status, value: result.value }, 'value', record.rowIndex)
    : withPayload(
        { ...fields, status: result.status, retryable: result.retryable, error: result.error },
        'error',
        record.rowIndex,
      );
}

function withPayload(
  record: Readonly<Record<string, unknown>>,
  payloadName: NonNullable<RecordItem['payloadName']>,
  rowIndex: number | undefined,
): RecordItem {
  const { [payloadName]: value, ...fields } = record;
  const item = { fields: textOf(fields), payloadName, payload: toStoredText(encode(value)) };
  return rowIndex === undefined ? item : { ...item, rows: [rowIndex, rowIndex] };
}

/** Lists may be longer than a call can have arguments. */
function rangeOf(rowIndices: readonly number[]): [first: number, last: number] {
  return rowIndices.reduce<[number, number]>(
    ([first, last], index) => [Math.min(first, index), Math.max(last, index)],
    [Infinity, -Infinity],
  );
}

/** Fields by name, each in its stored form. */
function textOf(fields: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}:${toStoredText(encode(value))}`,
  );
  return `{${members.join(',')}}`;
}
