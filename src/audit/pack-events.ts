import { decodeCopy, encode, jsonTextOf, type Encoded } from '../core/codec.ts';
import { piecesOf, type Piece } from '../core/longest-text.ts';
import { arrange, isConstant, numbersIn } from './arrange-columns.ts';
import { LONGEST_BLOCK } from './block.ts';
import { joinPayloads, textPayloads } from './payload-texts.ts';
import { packRecords, rangeOf } from './pack-records.ts';
import type { Column, PayloadName, Payloads, RecordSet } from './record-set.ts';
import { mapPlaces, outcomeName, recordsOf, requestSha256 } from './records.ts';
import type { EventOf, RecordedAttempts, RecordedEntries, RowList, TrailEvent } from './trail-event.ts';

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
      return partsOfEqualStatus(event.entries).flatMap(({ status, entries }) =>
        status === 'success'
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

function packRows({ rows, generatedIds }: EventOf<'rows'>, { marked, hashOf }: PackOptions): Content[] {
  const { texts } = rows;
  if (texts !== undefined && marked && hashOf === undefined) {
    const payloads = textPayloads('request', texts);
    return [{ kind: 'row', count: rows.size, ...arrange(identitiesOf(rows, generatedIds)), payloads }];
  }
  const { encoded } = rows;
  // that of a JSON text can be taken of what is read, unless that is something else
  const hashes =
    hashOf === undefined && encoded.every(isJson)
      ? undefined
      : encoded.map((row) => hashOf?.(decodeCopy(row)) ?? requestSha256(row));
  return cutIntoBlocks(encoded).map((piece) => ({
    kind: 'row',
    count: piece.to - piece.from,
    ...arrange({
      ...identitiesOf(rows, generatedIds, piece),
      ...(hashes && { requestSha256: hashes.slice(piece.from, piece.to) }),
    }),
    payloads: joinPayloads('request', encoded.slice(piece.from, piece.to), marked),
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
  const rowIndices = mapPlaces(rows, (place) => rows.rowIndexAt(place));
  const attempts = mapPlaces(rows, (place) => rows.attemptAt(place));
  return {
    kind: 'dispatch',
    count: 1,
    common: `"sliceId":${sliceId}`,
    fields: [`"rowIndices":[${rowIndices.join(',')}],"attempts":[${attempts.join(',')}]`],
    rows: rangeOf(rowIndices),
  };
}

function packAttempts(event: EventOf<'attempts'>, { marked }: PackOptions): Content[] {
  const { attempts } = event;
  const { texts } = attempts;
  if (texts !== undefined && marked) {
    return [packBlock(event, { from: 0, to: attempts.size }, (names) => textPayloads(names, texts))];
  }
  const responses = responsesOf(attempts);
  return cutIntoBlocks(responses).map((piece) =>
    packBlock(event, piece, (first, others) =>
      joinPayloads(others ?? first, responses.slice(piece.from, piece.to), marked),
    ),
  );
}

/** `join` gives the responses under the name of all, or of the first and the names of each. */
function packBlock(
  { threadId, sliceId, dispatchedAt, delayMs, toEpoch, generatedIds, attempts }: EventOf<'attempts'>,
  piece: Piece,
  join: (name: PayloadName, names: readonly PayloadName[] | undefined) => Payloads,
): Content {
  const numbers = (valueAt: (place: number) => number) => numbersIn(piece, valueAt);
  const statuses = mapPlaces(attempts, (place) => attempts.statusAt(place), piece);
  const { common, ...arranged } = arrange({
    ...identitiesOf(attempts, generatedIds, piece),
    attempt: numbers((place) => attempts.attemptAt(place)),
    outcome: statuses.map((status, index) =>
      status === 'success' ? 'ok' : outcomeName(attempts.outcomeAt(piece.from + index)),
    ),
    startedAt: numbers((place) => toEpoch(attempts.startedAt(place))),
    finishedAt: numbers((place) => toEpoch(attempts.finishedAt(place))),
    backoffMs: numbers((place) => attempts.backoffMsAt(place)),
  });
  const site = `"threadId":${threadId},"sliceId":${sliceId},"dispatchedAt":${dispatchedAt},"delayMs":${delayMs}`;
  const names = statuses.map(payloadNameOf);
  const delays = mapPlaces(attempts, (place) => attempts.delayAfterMsAt(place), piece);
  return {
    kind: 'attempt',
    count: names.length,
    common: common === '' ? site : `${site},${common}`,
    ...arranged,
    ...(delays.some((delay) => delay !== undefined) && {
      fields: delays.map((delayAfterMs) =>
        delayAfterMs === undefined ? '' : `"delayAfterMs":${delayAfterMs}`,
      ),
    }),
    payloads: join(names[0] as PayloadName, isConstant(names) ? undefined : names),
  };
}

function payloadNameOf(status: string): PayloadName {
  return status === 'success' ? 'response' : 'error';
}

function responsesOf(attempts: RecordedAttempts): readonly Encoded[] {
  const { encoded } = attempts;
  return mapPlaces(attempts, (place) => {
    if (encoded !== undefined && attempts.statusAt(place) === 'success') return encoded[place];
    const outcome = attempts.outcomeAt(place);
    return encode(outcome.status === 'success' ? outcome.value : outcome.error);
  });
}

/** The value of a success is the response of the row's last attempt, and doesn't stand here again. */
function packSuccesses({ generatedIds }: EventOf<'entries'>, parts: readonly RecordedEntries[]): Content {
  const count = parts.reduce((sum, { size }) => sum + size, 0);
  const columns = {
    rowIndex: new Float64Array(count),
    ...(!generatedIds && {
      stateId: parts.flatMap((part) => mapPlaces(part, (place) => part.stateIdAt(place))),
    }),
    submitIndex: new Float64Array(count),
    completeIndex: new Float64Array(count),
    submittedAt: new Float64Array(count),
    completedAt: new Float64Array(count),
    bufferWaitMs: new Float64Array(count),
    attempts: new Float64Array(count),
  };
  let index = 0;
  for (const part of parts) {
    for (let place = 0; place < part.size; place++, index++) {
      const entry = part.placeAt(place);
      columns.rowIndex[index] = entry.rowIndex;
      columns.submitIndex[index] = entry.submitIndex;
      columns.completeIndex[index] = entry.completeIndex;
      columns.submittedAt[index] = entry.submittedAt;
      columns.completedAt[index] = entry.completedAt;
      columns.bufferWaitMs[index] = entry.bufferWaitMs;
      columns.attempts[index] = entry.attempts;
    }
  }
  const { common, ...arranged } = arrange(columns);
  const status = '"status":"success"';
  return { kind: 'entry', count, common: common === '' ? status : `${common},${status}`, ...arranged };
}

/** Entries by the results of their rows, in order. */
function partsOfEqualStatus(
  runs: readonly RecordedEntries[],
): { readonly status: string; readonly entries: readonly RecordedEntries[] }[] {
  const parts: { status: string; entries: RecordedEntries[] }[] = [];
  const add = (status: string, entries: RecordedEntries) => {
    const last = parts.at(-1);
    if (last?.status === status) last.entries.push(entries);
    else parts.push({ status, entries: [entries] });
  };
  for (const run of runs) {
    for (let from = 0; from < run.size;) {
      const status = run.statusAt(from);
      let to = from + 1;
      while (to < run.size && run.statusAt(to) === status) to++;
      add(status, run.part(from, to));
      from = to;
    }
  }
  return parts;
}

function identitiesOf(
  rows: RowList,
  generatedIds: boolean,
  piece: Piece = { from: 0, to: rows.size },
): Record<string, Column> {
  const rowIndex = numbersIn(piece, (place) => rows.rowIndexAt(place));
  return generatedIds
    ? { rowIndex }
    : { rowIndex, stateId: mapPlaces(rows, (place) => rows.stateIdAt(place), piece) };
}
