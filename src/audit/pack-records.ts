import { encode } from '../core/codec.ts';
import type { AuditRecord, CallRecord, EntryRecord } from './audit-trail.ts';
import { joinPayloads } from './payload-texts.ts';
import type { PayloadName, RecordSet } from './record-set.ts';
import { toStoredText } from './tagged-json.ts';

/** A record about one row, taken apart. */
interface RowPart {
  readonly stateId: string;
  readonly rowIndex: number;
  readonly payloadName: PayloadName;
  readonly payload: unknown;
  /** Members of a JSON object. */
  readonly fields: string;
}

/** Single records as sets; `marked` as in {@link joinPayloads}. */
export function packRecords(records: readonly AuditRecord[], marked: boolean): RecordSet[] {
  return groupsOf(records).map((group) => packGroup(group, marked));
}

/** Records about rows stand together with their neighbours when they are of the same kind, batch and moment. */
function groupsOf(records: readonly AuditRecord[]): readonly (readonly AuditRecord[])[] {
  const groups: AuditRecord[][] = [];
  for (const record of records) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && 'rowIndex' in record && haveSameOrigin(last[0], record)) last.push(record);
    else groups.push([record]);
  }
  return groups;
}

function haveSameOrigin(one: AuditRecord, other: AuditRecord): boolean {
  return (
    one.kind === other.kind &&
    one.at === other.at &&
    one.runId === other.runId &&
    one.batchId === other.batchId
  );
}

function packGroup(group: readonly AuditRecord[], marked: boolean): RecordSet {
  const [first] = group as readonly [AuditRecord, ...AuditRecord[]];
  const { kind, runId, batchId, at } = first;
  const set = { kind, runId, batchId, at, count: group.length };
  switch (first.kind) {
    case 'batch':
    case 'batch-end':
      return { ...set, fields: [membersOf(first)] };
    case 'dispatch':
      return { ...set, fields: [membersOf(first)], rows: rangeOf(first.rowIndices) };
    case 'call':
      return { ...set, ...packCall(first) };
    case 'row':
    case 'attempt':
    case 'entry':
      return { ...set, ...packRows(group as readonly RecordAboutRow[], marked) };
  }
}

type RecordAboutRow = Extract<AuditRecord, { readonly rowIndex: number }>;

function packRows(records: readonly RecordAboutRow[], marked: boolean): Partial<RecordSet> {
  const parts = records.map(partOf);
  return {
    columns: {
      rowIndex: Float64Array.from(parts.map(({ rowIndex }) => rowIndex)),
      stateId: parts.map(({ stateId }) => stateId),
    },
    fields: parts.map(({ fields }) => fields),
    payloads: joinPayloads(
      parts.map(({ payloadName }) => payloadName),
      parts.map(({ payload }) => encode(payload)),
      marked,
    ),
  };
}

function partOf(record: RecordAboutRow): RowPart {
  switch (record.kind) {
    case 'row':
      return splitOff('request', { ...record });
    case 'attempt':
      return splitOff('response' in record ? 'response' : 'error', { ...record });
    case 'entry':
      return partOfEntry(record);
  }
}

function partOfEntry({ result, ...record }: RecordAboutRow & EntryRecord): RowPart {
  const { status } = result;
  return status === 'success'
    ? splitOff('value', { ...record, status, value: result.value })
    : splitOff('error', { ...record, status, retryable: result.retryable, error: result.error });
}

function splitOff(
  payloadName: PayloadName,
  record: { readonly stateId: string; readonly rowIndex: number } & Readonly<Record<string, unknown>>,
): RowPart {
  const { stateId, rowIndex, [payloadName]: payload, ...fields } = record;
  return { stateId, rowIndex, payloadName, payload, fields: membersOf(fields) };
}

function packCall(call: CallRecord): Partial<RecordSet> {
  const { stateId, callIndex, phase } = call;
  const name = (['request', 'response', 'error'] as const).find((payload) => payload in call);
  const callKey = `${JSON.stringify(stateId)} ${callIndex} ${phase === 'request' ? 'request' : 'end'}`;
  if (name === undefined) return { callKey, fields: [membersOf(call)] };
  const { [name]: payload, ...fields } = call;
  return { callKey, fields: [membersOf(fields)], payloads: joinPayloads(name, [encode(payload)], false) };
}

/** What stands in the columns of every block. */
const ORIGIN: ReadonlySet<string> = new Set(['kind', 'runId', 'batchId', 'at']);

/** The fields of a record as members of a JSON object, each in its stored form. */
function membersOf(record: object): string {
  return Object.entries(record)
    .filter(([name]) => !ORIGIN.has(name))
    .map(([name, value]) => `${JSON.stringify(name)}:${toStoredText(encode(value))}`)
    .join(',');
}

/** Lists may be longer than a call can have arguments. */
export function rangeOf(rowIndices: readonly number[]): [first: number, last: number] {
  let first = Infinity;
  let last = -Infinity;
  for (const index of rowIndices) {
    if (index < first) first = index;
    if (index > last) last = index;
  }
  return [first, last];
}
