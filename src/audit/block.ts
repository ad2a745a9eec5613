import type { RecordItem, RecordSet } from './record-set.ts';
import { sha256 } from './sha256.ts';
import { taggedText } from './tagged-json.ts';

/** Records of one set as they stand together in one row of the table `block`. */
export interface Block {
  readonly count: number;
  readonly firstRow: number | null;
  readonly lastRow: number | null;
  readonly callKey: string | null;
  /** JSON text of an array with one object per record. */
  readonly body: string;
}

/** A large payload, which stands in the table `payload`. */
export interface StoredPayload {
  readonly sha256: string;
  readonly text: string;
}

/** The rows of one block are never further apart than this, so that those around a row are found in a short range. */
export const WIDEST_BLOCK = 4_096;
/** Longer payloads stand once in a table of their own. */
const LONGEST_INLINE = 1_024;

/** Splits a set so that no block is too wide. `run` distinguishes the keys of different runs. */
export function* blocksOf(
  { items }: RecordSet,
  run: number,
): Generator<{ readonly block: Block; readonly payloads: readonly StoredPayload[] }> {
  let payloads: StoredPayload[] = [];
  let texts: string[] = [];
  let first = Infinity;
  let last = -Infinity;
  let callKey: string | null = null;
  const made = () => ({
    payloads,
    block: {
      count: texts.length,
      firstRow: first === Infinity ? null : first,
      lastRow: last === -Infinity ? null : last,
      callKey,
      body: `[${texts.join(',')}]`,
    },
  });
  for (const item of items) {
    const [itemFirst, itemLast] = item.rows ?? [Infinity, -Infinity];
    const widened = Math.max(last, itemLast) - Math.min(first, itemFirst);
    if (texts.length > 0 && widened >= WIDEST_BLOCK) {
      yield made();
      [payloads, texts, first, last] = [[], [], Infinity, -Infinity];
    }
    texts.push(textOf(item, payloads));
    first = Math.min(first, itemFirst);
    last = Math.max(last, itemLast);
    callKey = item.callKey === undefined ? null : `${run} ${item.callKey}`;
  }
  if (texts.length > 0) yield made();
}

function textOf({ fields, payloadName, payload }: RecordItem, payloads: StoredPayload[]): string {
  if (payloadName === undefined || payload === undefined) return fields;
  const separator = fields.length > 2 ? ',' : ''; // longer than {}
  return `${fields.slice(0, -1)}${separator}"${payloadName}":${inlineText(payload, payloads)}}`;
}

/** The text that stands in the record: the payload's own, or where to find it. */
function inlineText(payload: string, payloads: StoredPayload[]): string {
  if (payload.length <= LONGEST_INLINE) return payload;
  const hash = sha256(payload);
  payloads.push({ sha256: hash, text: payload });
  return taggedText('$payload', hash);
}

/** What a block's hash vouches for, besides its place in the chain. */
type Hashed = Block &
  Pick<RecordSet, 'kind' | 'runId' | 'batchId' | 'at' | 'common'> & { readonly seq: number };

/** SHA-256 over the hash of the block before and everything that is stored of this one. */
export function chainHash(previous: string, block: Hashed): string {
  const { seq, count, kind, runId, batchId, at, firstRow, lastRow, callKey, common, body } = block;
  const place = JSON.stringify([
    previous,
    seq,
    count,
    kind,
    runId,
    batchId,
    at,
    firstRow,
    lastRow,
    callKey,
    common,
  ]);
  return sha256(`${place}\n${body}`);
}
