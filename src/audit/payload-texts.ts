import { isMarkedString, STRING_MARK, type Encoded } from '../core/codec.ts';
import { TextRows } from '../core/text-rows.ts';
import type { JoinedPayloads, PayloadName, Payloads, TextPayloads } from './record-set.ts';
import { isTaggedText, toStoredText } from './tagged-json.ts';

/** Encoded values as payloads; `marked` says that strings among them are JSON text. */
export function joinPayloads(
  names: JoinedPayloads['names'],
  encoded: readonly Encoded[],
  marked: boolean,
): JoinedPayloads {
  return { names, marked, ...joinTexts(encoded.map((value) => textOf(value, marked))) };
}

/** Stored texts as one. */
export function joinTexts(texts: readonly string[]): Pick<JoinedPayloads, 'text' | 'ends'> {
  const ends = new Uint32Array(texts.length);
  let end = 0;
  for (let index = 0; index < texts.length; index++) ends[index] = end += (texts[index] as string).length;
  return { text: texts.join(''), ends };
}

function textOf(encoded: Encoded, marked: boolean): string {
  if (typeof encoded !== 'string' || isTaggedText(encoded)) return toStoredText(encoded);
  return marked || !isMarkedString(encoded) ? encoded : toStoredText(encoded);
}

/** Texts that are JSON as payloads. Where they are in shared memory they are not copied. */
export function textPayloads(names: PayloadName, texts: TextRows): TextPayloads {
  const { bytes, ends, base } = texts.block;
  return { names, texts: { bytes: withoutRest(bytes), ends: withoutRest(ends), base } };
}

/** A clone takes all of the memory with it that is not shared. */
function withoutRest<Part extends Uint8Array | Int32Array>(part: Part): Part {
  const { buffer, byteLength } = part;
  const isAlone = buffer instanceof SharedArrayBuffer || byteLength === buffer.byteLength;
  return isAlone ? part : (part.slice() as Part);
}

/** Payloads one by one. */
export interface PayloadReader {
  /** Whether strings that should be JSON text are told from other payloads. */
  readonly marked: boolean;
  nameAt(position: number): PayloadName;
  /** Whether it is a string that should be JSON text. */
  isStringAt(position: number): boolean;
  /** Such a string, or the stored text of any other payload. */
  textAt(position: number): string;
}

export function readPayloads(payloads: Payloads): PayloadReader {
  return 'texts' in payloads ? readTexts(payloads) : readJoined(payloads);
}

function readTexts({ names, texts }: TextPayloads): PayloadReader {
  const list = new TextRows(texts).list();
  return {
    marked: true,
    nameAt: () => names,
    isStringAt: () => true,
    textAt: (position) => list[position] as string,
  };
}

function readJoined({ names, text, ends, marked }: JoinedPayloads): PayloadReader {
  const startOf = (position: number) => (position === 0 ? 0 : (ends[position - 1] as number));
  const isStringAt = (position: number) => marked && text.startsWith(STRING_MARK, startOf(position));
  return {
    marked,
    nameAt: (position) => (typeof names === 'string' ? names : (names[position] as PayloadName)),
    isStringAt,
    textAt: (position) =>
      text.slice(startOf(position) + (isStringAt(position) ? STRING_MARK.length : 0), ends[position]),
  };
}
