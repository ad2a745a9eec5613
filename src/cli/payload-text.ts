import { toPlainJson } from './plain-json.ts';

/** Longer payloads are cut. */
const MOST_CHARACTERS = 240;

/**
 * A request or response on one line. Strings that are JSON themselves, as the rows of the command line, stand as they are.
 *
 * @param full whether it stands whole, however long it is
 */
export function payloadText(value: unknown, { full }: { readonly full: boolean }): string {
  const text = isJsonText(value)
    ? value
    : value === undefined
      ? 'undefined'
      : JSON.stringify(toPlainJson(value));
  if (full || text.length <= MOST_CHARACTERS) return text;
  const left = text.length - MOST_CHARACTERS;
  return `${text.slice(0, MOST_CHARACTERS)}… (${left} more characters: --full)`;
}

function isJsonText(value: unknown): value is string {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return false;
  try {
    JSON.parse(value);
    return !value.includes('\n');
  } catch {
    return false;
  }
}
