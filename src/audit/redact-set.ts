import { encode, STRING_MARK } from '../core/codec.ts';
import { parseJson } from '../core/json.ts';
import { joinTexts, readPayloads } from './payload-texts.ts';
import type { RecordSet } from './record-set.ts';
import type { Redactor } from './redactor.ts';
import { fromStored, taggedText, toStoredText } from './tagged-json.ts';

/** What stands in the place of a text that is no JSON, so that nobody can say where in it a path would lead. */
const UNREADABLE = '[redacted: no JSON]';

/** A set as it may be written. */
export interface RedactedSet {
  readonly set: RecordSet;
  /** Whether a result in it is no longer what the row gave, so that no output can be written from it. */
  readonly losesResults: boolean;
}

/** Texts in which there is nothing to redact stay as they are. */
export function redactSet(set: RecordSet, redactor: Redactor): RedactedSet {
  const { payloads, count, kind } = set;
  if (payloads === undefined) return { set, losesResults: false };
  const reader = readPayloads(payloads);
  let losesResults = false;
  const texts = Array.from({ length: count }, (_, position) => {
    const name = reader.nameAt(position);
    const isString = reader.isStringAt(position);
    const text = isString ? STRING_MARK + reader.textAt(position) : reader.textAt(position);
    const redacted = isString
      ? redactString(text.slice(STRING_MARK.length), redactor)
      : redactValue(text, name === 'error' ? redactError : redactPlain, redactor);
    const isResult = name === 'response' || kind === 'entry';
    if (isResult && redacted !== text) losesResults = true;
    return redacted;
  });
  const { names } = payloads;
  return { set: { ...set, payloads: { names, marked: reader.marked, ...joinTexts(texts) } }, losesResults };
}

/** A string that should be JSON text, as marked text. */
function redactString(text: string, redactor: Redactor): string {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return taggedText('$text', UNREADABLE);
  }
  return STRING_MARK + (redactor.redact(value) ? JSON.stringify(value) : text);
}

function redactValue(
  text: string,
  redact: (value: unknown, redactor: Redactor) => boolean,
  redactor: Redactor,
): string {
  const value = fromStored(JSON.parse(text), noPayload);
  return redact(value, redactor) ? toStoredText(encode(value)) : text;
}

function redactPlain(value: unknown, redactor: Redactor): boolean {
  return redactor.redact(value);
}

/** Paths begin at the `details` of an error and at those of its causes. */
function redactError(error: unknown, redactor: Redactor): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { details, cause } = error as { readonly details?: unknown; readonly cause?: unknown };
  const changed = redactor.redact(details);
  return redactError(cause, redactor) || changed;
}

function noPayload(): never {
  throw new Error('Cannot redact a record that refers to another one');
}
