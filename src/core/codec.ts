import { decodeBlock, toBlock, type ColumnBlock } from './column-block.ts';
import { concatenate } from './concatenate.ts';
import { deepClone, MOST_LEVELS } from './deep-clone.ts';
import { hasEscapedKey } from './json.ts';
import { LONGEST_TEXT, piecesOf } from './longest-text.ts';
import { copyLarge, LARGE_BYTES, ownBytes, type SentBytes } from './large-bytes.ts';
import type { MovedContent } from './moved.ts';
import { isPlainObject } from './plain-object.ts';
import { TextRows, type TextBlock } from './text-rows.ts';

/**
 * A value as it crosses a boundary, detached from the original: a string that starts with `"` is the string behind
 * it, any other string is JSON text, everything else is the value itself (a primitive or a private clone).
 *
 * Plain data becomes JSON text wherever that is exact: measured on rows of five fields it is cheaper than a structured
 * clone in both directions, it can't be changed by anyone, and it is what the trail stores.
 */
export type Encoded = unknown;

/** Before an encoded string. */
export const STRING_MARK = '"';

/** Detaches a value. Throws a DataCloneError for what structured clone can't carry, and as {@link deepClone} does. */
export function encode(value: unknown): Encoded {
  if (typeof value === 'string') return STRING_MARK + value;
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' ? structuredClone(value) : value;
  }
  const text = isExactJson(value, { seen: undefined }, 0) ? safeJsonOf(value) : undefined;
  return text ?? copyLarge(value) ?? deepClone(value);
}

/** The JSON text of a value; undefined when `JSON.parse` might misread it. */
function safeJsonOf(value: unknown): string | undefined {
  const text = JSON.stringify(value);
  return text.includes('\\') && hasEscapedKey(value) ? undefined : text;
}

/** Gives a fresh value of what {@link encode} made. A clone is given as it is: whoever needs it twice clones it first. */
export function decode(encoded: Encoded): unknown {
  if (typeof encoded !== 'string') return encoded;
  return encoded.startsWith(STRING_MARK) ? encoded.slice(1) : JSON.parse(encoded);
}

/** Like {@link decode}, and the encoded value can be decoded again. */
export function decodeCopy(encoded: Encoded): unknown {
  return typeof encoded === 'object' && encoded !== null ? structuredClone(encoded) : decode(encoded);
}

/**
 * Encoded values as they cross a boundary together: one JSON text when all are JSON, a block of columns or of texts, in shared
 * memory, handed over, or one by one.
 */
export type EncodedList =
  | string
  | ColumnBlock
  | { readonly texts: TextBlock }
  | { readonly bytes: readonly SentBytes[] }
  | { readonly moved: MovedContent }
  | { readonly parts: readonly EncodedList[] }
  | readonly Encoded[];

/** Fewer strings are not worth a block. */
const FEWEST_STRINGS = 8;

/** A few long texts are cheaper to send and to parse than many short ones. */
export function joinEncoded(list: readonly Encoded[]): EncodedList {
  if (list.length >= FEWEST_STRINGS && list.every(isString)) return joinStrings(list);
  let characters = 0;
  for (const encoded of list) {
    if (!isJsonText(encoded)) return list;
    characters += encoded.length;
  }
  if (characters <= LONGEST_TEXT) return `[${list.join(',')}]`;
  const pieces = piecesOf(list.map((text) => (text as string).length));
  return { parts: pieces.map(({ from, to }) => `[${list.slice(from, to).join(',')}]`) };
}

/** Of encoded strings, which are not JSON. */
function joinStrings(list: readonly string[]): EncodedList {
  const values = list.map((encoded) => encoded.slice(STRING_MARK.length));
  const parts = piecesOf(values.map(({ length }) => length)).map((piece) =>
    toBlock(undefined, [{ values, nested: false }], piece),
  );
  return parts.length === 1 ? (parts[0] as ColumnBlock) : { parts };
}

function isString(encoded: Encoded): encoded is string {
  return typeof encoded === 'string' && isMarkedString(encoded);
}

/** The texts that {@link joinEncoded} has joined, by their lengths. */
export function textsIn(list: EncodedList, lengths: ArrayLike<number>): string[] {
  const texts: string[] = [];
  for (const part of joinedTexts(list) ?? []) {
    // [a,b,c]
    for (let end = 0; end < part.length - 1 && texts.length < lengths.length;) {
      texts.push(part.slice(++end, (end += lengths[texts.length] as number)));
    }
  }
  return texts;
}

/** Whether a list is nothing but JSON texts that were joined. */
export function isJoinedText(list: EncodedList): boolean {
  return joinedTexts(list) !== undefined;
}

function joinedTexts(list: EncodedList): readonly string[] | undefined {
  if (typeof list === 'string') return [list];
  if (!('parts' in list)) return undefined;
  return list.parts.every((part) => typeof part === 'string') ? list.parts : undefined;
}

/** Gives fresh values; `decodeOne` says how to decode values that came one by one. */
export function decodeList(list: EncodedList, decodeOne: (encoded: Encoded) => unknown = decode): unknown[] {
  if (typeof list === 'string') return JSON.parse(list) as unknown[];
  if ('kinds' in list) return decodeBlock(list);
  if ('texts' in list) return new TextRows(list.texts).list();
  if ('bytes' in list) return list.bytes.map(ownBytes);
  if ('moved' in list) return [list.moved.value];
  if ('parts' in list) return concatenate(list.parts.map((part) => decodeList(part, decodeOne)));
  return list.map((encoded) => decodeOne(encoded));
}

/** The only value of a list, if it is one that is handed over. */
export function movedIn(list: EncodedList): MovedContent | undefined {
  return typeof list === 'object' && 'moved' in list ? list.moved : undefined;
}

/** The buffers of moved values and large typed arrays in a list: a thread that sends the list and forgets it can give them away. */
export function largeBuffersIn(list: EncodedList): readonly ArrayBuffer[] {
  if (typeof list === 'string') return [];
  if ('moved' in list) return list.moved.buffers;
  if ('parts' in list) return list.parts.flatMap(largeBuffersIn);
  if (!Array.isArray(list)) return [];
  const buffers = new Set<ArrayBuffer>();
  for (const encoded of list as readonly Encoded[]) {
    if (!ArrayBuffer.isView(encoded) || encoded.byteLength < LARGE_BYTES) continue;
    if (encoded.buffer instanceof ArrayBuffer) buffers.add(encoded.buffer);
  }
  return [...buffers];
}

function isJsonText(encoded: Encoded): encoded is string {
  return typeof encoded === 'string' && !isMarkedString(encoded);
}

/** Whether an encoded string stands for the string behind its mark. */
export function isMarkedString(encoded: string): boolean {
  return encoded.startsWith(STRING_MARK);
}

/** The JSON text of an encoded value; undefined when JSON can't carry it exactly. */
export function jsonTextOf(encoded: Encoded): string | undefined {
  if (typeof encoded === 'string') {
    return encoded.startsWith(STRING_MARK) ? JSON.stringify(encoded.slice(1)) : encoded;
  }
  return isExactPrimitive(encoded) ? JSON.stringify(encoded) : undefined;
}

/** Long lists of numbers are cheaper to clone than to print and parse. */
const LONG_NUMBERS = 64;

/** The objects met inside one value; the set exists only for values that have any. */
export interface Walk {
  seen: Set<object> | undefined;
}

/**
 * Whether `JSON.parse(JSON.stringify(value))` has the same meaning as a structured clone: plain objects and dense
 * arrays of null, booleans, strings and finite numbers other than -0, in which no object occurs twice, and none deeper than may be.
 */
function isExactJson(value: object, walk: Walk, level: number): boolean {
  if (level >= MOST_LEVELS) return false;
  return Array.isArray(value) ? isExactArray(value, walk, level) : isExactObject(value, walk, level);
}

/** The JSON text of a property of `container`; undefined when JSON can't carry it exactly. */
export function exactJsonOf(property: unknown, container: object, walk: Walk): string | undefined {
  const exact =
    typeof property === 'object' && property !== null
      ? isNew(property, container, walk) && isExactJson(property, walk, 1)
      : isExactPrimitive(property);
  return exact ? safeJsonOf(property) : undefined;
}

function isExactObject(value: object, walk: Walk, level: number): boolean {
  if (!isPlainObject(value)) return false;
  if (typeof value['toJSON'] === 'function') return false; // structured clone doesn't call it
  for (const key in value) {
    const property = value[key];
    if (typeof property === 'object' && property !== null) {
      if (!isNew(property, value, walk) || !isExactJson(property, walk, level + 1)) return false;
    } else if (!isExactPrimitive(property)) {
      return false;
    }
  }
  return true;
}

function isExactArray(value: readonly unknown[], walk: Walk, level: number): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  // holes and extra properties show in the number of keys
  if (Object.getPrototypeOf(value) !== Array.prototype || Object.keys(value).length !== value.length)
    return false;
  if (value.length > LONG_NUMBERS && typeof value[0] === 'number') return false;
  for (const item of value) {
    if (typeof item === 'object' && item !== null) {
      if (!isNew(item, value, walk) || !isExactJson(item, walk, level + 1)) return false;
    } else if (!isExactPrimitive(item)) {
      return false;
    }
  }
  return true;
}

function isExactPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'string':
    case 'boolean':
      return true;
    default:
      return value === null;
  }
}

/** Notes a nested object; false when it was met before. The container is noted too, as it may be the root. */
function isNew(value: object, container: object, walk: Walk): boolean {
  walk.seen ??= new Set<object>([container]);
  if (walk.seen.has(value)) return false;
  walk.seen.add(value);
  return true;
}
