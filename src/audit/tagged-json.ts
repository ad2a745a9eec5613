import { Deserializer, Serializer } from 'node:v8';
import { isDeepStrictEqual } from 'node:util';
import { decode, jsonTextOf, type Encoded } from '../core/codec.ts';
import { isEscapedKey } from '../core/json.ts';

/**
 * How values stand in a trail: as JSON text, always valid. What JSON can carry exactly stands as it is; any other value
 * stands as `{"$tagged": tree}`, where the tree is the value with these forms in it:
 *
 *     {"$undefined": true}    {"$number": "NaN"}    {"$bigint": "12"}      {"$date": "2026-01-31T10:00:00.000Z"}
 *     {"$map": [[k, v]]}      {"$set": [v]}         {"$regexp": ["a", "i"]}
 *     {"$object": [[k, v]]}   an object with a key that JSON escapes, which JSON.parse may misread
 *     {"$hole": true}         an empty place in an array
 *     {"$ref": 3}             the fourth object that a walk over the value meets, once more
 *     {"$v8": "base64"}       anything else that structured clone carries
 *     {"$lost": "why"}        what it carries and nobody can write down, such as shared memory
 *     {"$text": "1,2"}        a string that was to stand as JSON but isn't
 *     {"$payload": "sha256"}  a large value, whose stored text is in the table `payload`; `$textPayload`: a large
 *                             string that is JSON text
 *
 * A key of the value that begins with `$` has one more `$` inside of a tree.
 */
const TAGGED = '$tagged';
const TAGGED_TEXT = `{"${TAGGED}":`;

/** The text under which a value stands in a trail. Never throws for what `structuredClone` can carry; see `$lost`. */
export function toStoredText(encoded: Encoded): string {
  const text = jsonTextOf(encoded);
  if (text !== undefined && !text.startsWith(TAGGED_TEXT)) return text;
  return new Tagging().textOf(decode(encoded));
}

/** The text for a value that stands as one of the forms above. */
export function taggedText(tag: '$text' | '$payload' | '$textPayload', content: string): string {
  return `${TAGGED_TEXT}{"${tag}":${JSON.stringify(content)}}}`;
}

/** The value that a parsed stored text stands for; `payloadOf` finds the stored text of a large value. */
export function fromStored(parsed: unknown, payloadOf: (sha256: string) => string): unknown {
  if (!isPlainObject(parsed)) return parsed;
  const tree = parsed[TAGGED];
  if (tree === undefined || Object.keys(parsed).length !== 1) return parsed;
  const { $payload, $textPayload } = isPlainObject(tree) ? tree : {};
  if (typeof $payload === 'string') return fromStored(JSON.parse(payloadOf($payload)), payloadOf);
  if (typeof $textPayload === 'string') return payloadOf($textPayload);
  return new Untagging().valueOf(tree);
}

/** Whether a stored text stands for a value as it is. */
export function isTaggedText(text: string): boolean {
  return text.startsWith(TAGGED_TEXT);
}

/** What can't be told in a tree because its identity matters: the whole value goes another way. */
class NotATree extends Error {}

/** One walk over one value. */
class Tagging {
  /** The objects met so far, with their numbers. */
  readonly #numbers = new Map<object, number>();
  #tagged = false;

  textOf(value: unknown): string {
    let tree: unknown;
    try {
      tree = this.#treeOf(value);
    } catch (reason) {
      if (!(reason instanceof NotATree || reason instanceof RangeError)) throw reason;
      tree = this.#v8Of(value);
    }
    return JSON.stringify(this.#tagged ? { [TAGGED]: tree } : tree);
  }

  #treeOf(value: unknown): unknown {
    switch (typeof value) {
      case 'undefined':
        return this.#tag('$undefined', true);
      case 'bigint':
        return this.#tag('$bigint', String(value));
      case 'number':
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        return this.#tag('$number', Object.is(value, -0) ? '-0' : String(value));
      case 'object':
        return value === null ? null : this.#treeOfObject(value);
      default:
        return value;
    }
  }

  #treeOfObject(value: object): unknown {
    const known = this.#numbers.get(value);
    if (known !== undefined) return this.#tag('$ref', known);
    this.#numbers.set(value, this.#numbers.size);
    if (Array.isArray(value)) return this.#treeOfArray(value);
    if (value instanceof Date) return this.#tag('$date', dateText(value));
    if (value instanceof RegExp) return this.#tag('$regexp', [value.source, value.flags]);
    if (value instanceof Map) {
      const pairs = Array.from(value, ([key, item]) => [this.#treeOf(key), this.#treeOf(item)]);
      return this.#tag('$map', pairs);
    }
    if (value instanceof Set)
      return this.#tag(
        '$set',
        Array.from(value, (item) => this.#treeOf(item)),
      );
    if (isPlainObject(value)) return this.#treeOfPlainObject(value);
    return this.#treeOfOther(value);
  }

  #treeOfArray(value: readonly unknown[]): unknown[] {
    const keys = Object.keys(value);
    const last = keys.at(-1);
    if (last !== undefined && !(Number(last) < value.length)) throw new NotATree(); // has named properties
    if (value.length > 2 * keys.length + MOST_HOLES) throw new NotATree();
    return Array.from(value, (item, index) =>
      index in value ? this.#treeOf(item) : this.#tag('$hole', true),
    );
  }

  #treeOfPlainObject(value: Readonly<Record<string, unknown>>): unknown {
    const entries = Object.entries(value);
    if (entries.some(([key]) => isEscapedKey(key))) {
      return this.#tag(
        '$object',
        entries.map(([key, item]) => [key, this.#treeOf(item)]),
      );
    }
    const tree: Record<string, unknown> = {};
    for (const [key, item] of entries) {
      if (key.startsWith('$')) this.#tagged = true;
      define(tree, key.startsWith('$') ? `$${key}` : key, this.#treeOf(item));
    }
    return tree;
  }

  /** Bytes, errors, boxed values: whole, unless another part of the value could share something with them. */
  #treeOfOther(value: object): unknown {
    const shared = ArrayBuffer.isView(value) ? value.buffer : value;
    if (shared !== value && this.#numbers.has(shared)) throw new NotATree();
    if (shared !== value) this.#numbers.set(shared, this.#numbers.size);
    if (value instanceof Error && Object(value.cause) === value.cause) throw new NotATree();
    return this.#v8Of(value);
  }

  #v8Of(value: unknown): unknown {
    try {
      return this.#tag('$v8', serialize(value).toString('base64'));
    } catch (reason) {
      return this.#tag('$lost', (reason as Error).message);
    }
  }

  #tag(name: string, content: unknown): unknown {
    this.#tagged = true;
    return { [name]: content };
  }
}

/** An array with more holes than this beyond its items is not written out. */
const MOST_HOLES = 1_000;

/** One walk over one tree, in the order in which it was made. */
class Untagging {
  readonly #objects: unknown[] = [];

  valueOf(tree: unknown): unknown {
    if (typeof tree !== 'object' || tree === null) return tree;
    if (Array.isArray(tree)) return this.#arrayOf(tree);
    const [first] = Object.entries(tree as Readonly<Record<string, unknown>>);
    if (first?.[0].startsWith('$') === true && !first[0].startsWith('$$')) return this.#untag(...first);
    const value = this.#met<Record<string, unknown>>({});
    for (const [key, item] of Object.entries(tree)) {
      define(value, key.startsWith('$') ? key.slice(1) : key, this.valueOf(item));
    }
    return value;
  }

  #arrayOf(tree: readonly unknown[]): unknown[] {
    const value = this.#met<unknown[]>(new Array(tree.length));
    for (const [index, item] of tree.entries()) {
      if (!isDeepStrictEqual(item, { $hole: true })) value[index] = this.valueOf(item);
    }
    return value;
  }

  #untag(tag: string, content: unknown): unknown {
    switch (tag) {
      case '$undefined':
        return undefined;
      case '$number':
        return Number(content);
      case '$bigint':
        return BigInt(content as string);
      case '$text':
        return content;
      case '$lost':
        return `(not on record: ${String(content)})`;
      case '$ref':
        return this.#objects[content as number];
      case '$date':
        return this.#met(new Date((content as string | null) ?? NaN));
      case '$regexp':
        return this.#met(new RegExp(...(content as [string, string])));
      case '$map':
        return this.#mapOf(content as [unknown, unknown][]);
      case '$object':
        return this.#objectOf(content as [string, unknown][]);
      case '$set':
        return this.#setOf(content as unknown[]);
      case '$v8':
        return this.#deserialized(Buffer.from(content as string, 'base64'));
      default:
        throw new Error(`Cannot read value as its tag is unknown: '${tag}'`);
    }
  }

  #mapOf(pairs: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> {
    const value = this.#met(new Map<unknown, unknown>());
    for (const [key, item] of pairs) value.set(this.valueOf(key), this.valueOf(item));
    return value;
  }

  #objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
    const value = this.#met<Record<string, unknown>>({});
    for (const [key, item] of entries) define(value, key, this.valueOf(item));
    return value;
  }

  #setOf(items: readonly unknown[]): Set<unknown> {
    const value = this.#met(new Set<unknown>());
    for (const item of items) value.add(this.valueOf(item));
    return value;
  }

  #deserialized(bytes: Uint8Array): unknown {
    const value = this.#met(deserialize(bytes));
    if (ArrayBuffer.isView(value)) this.#objects.push(value.buffer);
    return value;
  }

  #met<Value>(value: Value): Value {
    this.#objects.push(value);
    return value;
  }
}

/** Like `v8.serialize`, but what shares bytes still does afterwards, as after a structured clone. */
function serialize(value: unknown): Buffer {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

function deserialize(bytes: Uint8Array): unknown {
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

/** ISO 8601; null for an invalid date. */
function dateText(date: Date): string | null {
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Also under the key `__proto__`. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
