import { decodeCopy, encode, jsonTextOf, type Encoded } from '../core/codec.ts';
import type { Entry } from '../core/entry.ts';
import { piecesOf, type Piece } from '../core/longest-text.ts';
import { LONGEST_BLOCK } from './block.ts';
import { joinPayloads } from './payload-texts.ts';
import { packRecords, rangeOf } from './pack-records.ts';
import type { Column, PayloadName, Payloads, RecordSet } from './record-set.ts';
import { outcomeName, recordsOf, requestSha256 } from './records.ts';
import type { AttemptsEvent, EventOf, RecordedAttempt, TrailEvent } from './trail-event.ts';

export interface PackOptions {
  /** As in {@link joinPayloads}. */
  readonly marked: boolean;
  /** Where what is written is not all that is here: the hash of a request, which it may change. */
  readonly hashOf: ((request: unknown) => string) | undefined;
}

/** What a set has beside its origin, which is the event's. */
type Content = Omit<RecordSet, 'runId' | 'batchId' | 'at'>;

/** Events as sets of records, with as little work as possible; see {@link PackOptions}. */
export function packEvents(events: readonly TrailEvent[], options: PackOptions): RecordSet[] {
  return events.flatMap((event) => packEvent(event, options));
}

function packEvent(event: TrailEvent, options: PackOptions): readonly RecordSet[] {
  switch (event.kind) {
    case 'rows':
      return packRows(event, options).map((set) => withOrigin(event, set));
    case 'dispatch':
      return [withOrigin(event, packDispatch(event))];
    case 'attempts':
      return packAttempts(event, options).map((set) => withOrigin(event, set));
    case 'entries':
      return runsOfEqual(event.entries, ({ result }) => result.status).flatMap((entries) =>
        entries[0]?.result.status === 'success'
          ? [withOrigin(event, packSuccesses(event, entries))]
          : packRecords(recordsOf({ ...event, entries }), options.marked),
      );
    case 'call':
    case 'single':
      return packRecords(recordsOf(event), options.marked);
  }
}

function withOrigin({ runId, batchId, at }: TrailEvent, content: Content): RecordSet {
  return { runId, batchId, at, ...content };
}

function packRows({ rows, generatedIds }: EventOf<'rows'>, options: PackOptions): Content[] {
  const encoded = rows.map((row) => row.encoded);
  // that of a JSON text can be taken of what is read, unless that is something else
  const hashes =
    options.hashOf === undefined && encoded.every(isJson)
      ? undefined
      : encoded.map((row) => options.hashOf?.(decodeCopy(row)) ?? requestSha256(row));
  return cutIntoBlocks(encoded).map(({ from, to }) => ({
    kind: 'row',
    count: to - from,
    ...arrange({
      ...identitiesOf(rows.slice(from, to), generatedIds),
      ...(hashes && { requestSha256: hashes.slice(from, to) }),
    }),
    payloads: joinPayloads('request', encoded.slice(from, to), options.marked),
  }));
}

/** Records that will stand in one block are sent together, so that no text gets longer than need be. Clones don't count. */
function cutIntoBlocks(payloads: readonly Encoded[]): Piece[] {
  return piecesOf(
    payloads.map((payload) => (typeof payload === 'string' ? payload.length : 0)),
    LONGEST_BLOCK,
  );
}

function isJson(encoded: Encoded): boolean {
  return typeof encoded === 'string' || jsonTextOf(encoded) !== undefined;
}

function packDispatch({ sliceId, rows }: EventOf<'dispatch'>): Content {
  const rowIndices = rows.map(({ rowIndex }) => rowIndex);
  const attempts = rows.map(({ attempt }) => attempt);
  return {
    kind: 'dispatch',
    count: 1,
    common: `"sliceId":${sliceId}`,
    fields: [`"rowIndices":[${rowIndices.join(',')}],"attempts":[${attempts.join(',')}]`],
    rows: rangeOf(rowIndices),
  };
}

function packAttempts(event: EventOf<'attempts'>, { marked }: PackOptions): Content[] {
  const responses = responsesOf(event);
  return cutIntoBlocks(responses).map(({ from, to }) =>
    packBlock(event, event.attempts.slice(from, to), (names) =>
      joinPayloads(names, responses.slice(from, to), marked),
    ),
  );
}

/** `join` gives the responses under their names. */
function packBlock(
  { threadId, sliceId, dispatchedAt, delayMs, toEpoch, generatedIds }: EventOf<'attempts'>,
  attempts: readonly RecordedAttempt[],
  join: (names: Payloads['names']) => Payloads,
): Content {
  const rows = attempts.map(({ row }) => row);
  const { common, ...arranged } = arrange({
    ...identitiesOf(rows, generatedIds),
    attempt: numbersOf(attempts, ({ attempt }) => attempt),
    outcome: attempts.map(({ outcome }) => outcomeName(outcome)),
    startedAt: numbersOf(attempts, ({ startedAt }) => toEpoch(startedAt)),
    finishedAt: numbersOf(attempts, ({ finishedAt }) => toEpoch(finishedAt)),
    backoffMs: numbersOf(attempts, ({ backoffMs }) => backoffMs),
  });
  const place = `"threadId":${threadId},"sliceId":${sliceId},"dispatchedAt":${dispatchedAt},"delayMs":${delayMs}`;
  const names = attempts.map(({ outcome }) => payloadNameOf(outcome.status));
  const [name = 'response'] = names;
  return {
    kind: 'attempt',
    count: attempts.length,
    common: common === '' ? place : `${place},${common}`,
    ...arranged,
    ...(attempts.some(({ delayAfterMs }) => delayAfterMs !== undefined) && {
      fields: attempts.map(({ delayAfterMs }) =>
        delayAfterMs === undefined ? '' : `"delayAfterMs":${delayAfterMs}`,
      ),
    }),
    payloads: join(isConstant(names) ? name : names),
  };
}

function payloadNameOf(status: string): PayloadName {
  return status === 'success' ? 'response' : 'error';
}

function responsesOf({ attempts, encoded }: AttemptsEvent): readonly Encoded[] {
  return attempts.map(({ outcome }, position) => {
    if (outcome.status !== 'success') return encode(outcome.error);
    return encoded === undefined ? encode(outcome.value) : encoded[position];
  });
}

/** The value of a success is the response of the row's last attempt, and doesn't stand here again. */
function packSuccesses({ generatedIds }: EventOf<'entries'>, entries: readonly Entry<unknown>[]): Content {
  const { common, ...arranged } = arrange({
    ...identitiesOf(entries, generatedIds),
    submitIndex: numbersOf(entries, ({ submitIndex }) => submitIndex),
    completeIndex: numbersOf(entries, ({ completeIndex }) => completeIndex),
    submittedAt: numbersOf(entries, ({ submittedAt }) => submittedAt),
    completedAt: numbersOf(entries, ({ completedAt }) => completedAt),
    bufferWaitMs: numbersOf(entries, ({ bufferWaitMs }) => bufferWaitMs),
    attempts: numbersOf(entries, ({ attempts }) => attempts),
    status: entries.map(({ result }) => result.status),
  });
  return { kind: 'entry', count: entries.length, common, ...arranged };
}

function identitiesOf(
  rows: readonly { readonly stateId: string; readonly rowIndex: number }[],
  generatedIds: boolean,
): Record<string, Column> {
  const rowIndex = numbersOf(rows, (row) => row.rowIndex);
  return generatedIds ? { rowIndex } : { rowIndex, stateId: rows.map(({ stateId }) => stateId) };
}

/** Columns by how they can be told: what counts up, what is the same in all records, and the rest. */
function arrange(columns: Readonly<Record<string, Column>>): {
  readonly common: string;
  readonly from: Record<string, number>;
  readonly columns: Record<string, Column>;
} {
  const from: Record<string, number> = {};
  const various: Record<string, Column> = {};
  const common: string[] = [];
  for (const [name, values] of Object.entries(columns)) {
    const [first] = values;
    if (values instanceof Float64Array && countsUp(values)) from[name] = values[0] as number;
    else if (isConstant(values)) common.push(`"${name}":${JSON.stringify(first)}`);
    else various[name] = values;
  }
  return { common: common.join(','), from, columns: various };
}

function numbersOf<Item>(items: readonly Item[], valueOf: (item: Item) => number): Float64Array {
  const numbers = new Float64Array(items.length);
  for (let index = 0; index < items.length; index++) numbers[index] = valueOf(items[index] as Item);
  return numbers;
}

function countsUp(values: Float64Array): boolean {
  const first = values[0] as number;
  for (let index = 1; index < values.length; index++) if (values[index] !== first + index) return false;
  return true;
}

function isConstant(values: Column): boolean {
  for (let index = 1; index < values.length; index++) if (values[index] !== values[0]) return false;
  return true;
}

/** Cuts a list where the key changes. */
function runsOfEqual<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): readonly Item[][] {
  const runs: Item[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    if (last?.[0] !== undefined && keyOf(last[0]) === keyOf(item)) last.push(item);
    else runs.push([item]);
  }
  return runs;
}
