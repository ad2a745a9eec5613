import { isMarkedString, type Encoded } from '../core/codec.ts';
import type { Payloads } from './record-set.ts';
import { isTaggedText, toStoredText } from './tagged-json.ts';

/** Encoded values as payloads; `marked` says that strings among them are JSON text. */
export function joinPayloads(
  names: Payloads['names'],
  encoded: readonly Encoded[],
  marked: boolean,
): Payloads {
  const ends = new Uint32Array(encoded.length);
  const texts = new Array<string>(encoded.length);
  let end = 0;
  for (let index = 0; index < encoded.length; index++) {
    const text = textOf(encoded[index], marked);
    texts[index] = text;
    ends[index] = end += text.length;
  }
  return { names, text: texts.join(''), ends, marked };
}

function textOf(encoded: Encoded, marked: boolean): string {
  if (typeof encoded !== 'string' || isTaggedText(encoded)) return toStoredText(encoded);
  return marked || !isMarkedString(encoded) ? encoded : toStoredText(encoded);
}
