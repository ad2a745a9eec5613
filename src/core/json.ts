/**
 * From V8 12.8 on (Node 24 and 26), `JSON.parse` may misread a key that is written with an escape: after it has met an
 * object with the key `\`, the text `{"\n":1}` can give that key as well (https://github.com/nodejs/node/issues/63785).
 * What is here keeps such keys away from it.
 */

/** What `JSON.stringify` escapes: quotes, backslashes, control characters and lone surrogates. */
const ESCAPED = /["\\\u0000-\u001f]|\p{Surrogate}/u; // eslint-disable-line no-control-regex

/** Whether JSON text has to write the key with an escape. */
export function isEscapedKey(key: string): boolean {
  return ESCAPED.test(key);
}

/** Whether any object of a tree has a key that JSON text writes with an escape. */
export function hasEscapedKey(tree: unknown): boolean {
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null) continue;
    if (!Array.isArray(node) && Object.keys(node).some(isEscapedKey)) return true;
    for (const child of Object.values(node)) if (typeof child === 'object') open.push(child);
  }
  return false;
}

/** `JSON.parse`, right for every key. Throws a SyntaxError for what isn't JSON. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // a key that was misread contains a backslash
  return text.includes('\\') && hasEscapedKey(value) ? parseWithPlainKeys(text) : value;
}

/** A string of a JSON text and, when it is a key, the colon after it. */
const STRING = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?/g;

/** Parses valid JSON with stand-ins for the keys that have escapes, and then gives these their names back. */
function parseWithPlainKeys(text: string): unknown {
  let prefix = '#';
  while (text.includes(prefix)) prefix += '#';
  const names = new Map<string, string>();
  const plain = text.replace(STRING, (whole, string: string, colon: string | undefined) => {
    if (colon === undefined || !string.includes('\\')) return whole;
    const standIn = `${prefix}${names.size}`;
    names.set(standIn, JSON.parse(string) as string);
    return `"${standIn}"${colon}`;
  });
  return JSON.parse(plain, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    if (!Object.keys(value).some((key) => names.has(key))) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [names.get(key) ?? key, item]));
  });
}
