import type { Entry, RowError } from '../index.ts';
import type { InputRow } from './input-row.ts';
import { toPlainJson } from './plain-json.ts';

/** Name of the errors that workers/line-transform.ts throws for text that is no row. */
const MALFORMED = 'MalformedRowError';

/** Says where a row that can't be read stands. */
export function locateError(error: RowError, { line }: InputRow): RowError {
  return error.name === MALFORMED ? { ...error, message: `line ${line}: ${error.message}` } : error;
}

/**
 * A failed row in the place of its output. The same run gives the same text, so there are no stacks and no times in it.
 */
export function errorInPlace(error: RowError): string {
  return JSON.stringify({ error: toPlainJson(describe(error)) });
}

/** A failed row in the rejects file: the error, with its stack, and what is needed to run the row again. */
export function rejectOf(entry: Entry<unknown>, error: RowError, { line, text }: InputRow): string {
  const { name, stack } = error;
  const plain = {
    ...(toPlainJson(describe(error)) as object),
    stack: name === MALFORMED ? undefined : stack,
  };
  const about = JSON.stringify({ rowIndex: entry.rowIndex, line, error: plain });
  return `${about.slice(0, -1)},"row":${isJson(text) ? text.trim() : JSON.stringify(text)}}`;
}

/** Without stacks, times, and whatever is undefined. */
function describe({ code, message, name, cause, details, statusCode, maxMs }: RowError): object {
  return { code, message, name, statusCode, maxMs, details, cause: cause && describe(cause) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
