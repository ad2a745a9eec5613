import { encode } from '../core/codec.ts';
import { parseJson } from '../core/json.ts';
import { requestSha256 } from './records.ts';
import type { Redactor } from './redactor.ts';

/**
 * Tells the content of a row apart by what of it may be known: the hash of the whole would give away what is redacted to
 * whoever tries all values. Changes `request`. With `isJsonText` a string is taken for JSON text.
 */
export function redactedSha256(request: unknown, redactor: Redactor, isJsonText: boolean): string {
  if (isJsonText && typeof request === 'string')
    return requestSha256(encode(redactedText(request, redactor)));
  redactor.redact(request);
  return requestSha256(encode(request));
}

function redactedText(text: string, redactor: Redactor): string | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined; // nobody can say where in it a path would lead
  }
  return redactor.redact(value) ? JSON.stringify(value) : text;
}
