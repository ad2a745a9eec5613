import { encode } from '../core/codec.ts';
import { parseJson } from '../core/json.ts';
import { joinTexts, readPayloads } from './payload-texts.ts';
import type { JoinedPayloads, Payloads, RecordSet } from './record-set.ts';
import type { Redactor } from './redactor.ts';
import { fromStored, taggedText, toStoredText } from './tagged-json.ts';

/** What stands in the place of a text that is no JSON, so that nobody can say where in it a path would lead. */
const UNREADABLE = '[redacted: no JSON]';

/** The set as it may be written. Texts in which there is nothing to redact stay as they are. */
export function redactSet(set: RecordSet, redactor: Redactor): RecordSet {
  const { payloads, count } = set;
  return payloads === undefined ? set : { ...set, payloads: redactPayloads(payloads, count, redactor) };
}

function redactPayloads(payloads: Payloads, count: number, redactor: Redactor): JoinedPayloads {
  const reader = readPayloads(payloads);
  const texts = Array.from({ length: count }, (_, position) => {
    const text = reader.textAt(position);
    if (reader.isStringAt(position)) return redactString(text, redactor);
    return redactValue(text, reader.nameAt(position) === 'error' ? redactError : redactPlain, redactor);
  });
  return { names: payloads.names, marked: reader.marked, ...joinTexts(texts) };
}

/** A string that should be JSON text, as marked text. */
function redactString(text: string, redactor: Redactor): string {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return taggedText('$text', UNREADABLE);
  }
  return `"${redactor.redact(value) ? JSON.stringify(value) : text}`;
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
