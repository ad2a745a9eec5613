/** An object of which changes are to be noticed. */
export interface Watched {
  /** What its properties are called after: `Array.prototype` for `Array.prototype.at`. */
  readonly name: string;
  readonly object: object;
  /** Which of its properties count, those that it has and those that it gets. Default: all. */
  readonly counts?: (key: string | symbol) => boolean;
  /** Accessors whose value may be read: it is there already, and no code of the user's. */
  readonly readable?: readonly string[];
}

export interface WatchedObjects {
  readonly objects: readonly Watched[];
  /** Those that take longer to look at: only a thorough look does. */
  readonly slowObjects: readonly Watched[];
}

// rows may exchange these, and are found out all the same
const { ownKeys, getOwnPropertyDescriptor: describe, defineProperty, apply } = Reflect;
const { keys: enumerableKeys, is } = Object;
const getterOf = Function.prototype.call.bind(
  (Object.prototype as unknown as { __lookupGetter__: (key: PropertyKey) => unknown }).__lookupGetter__,
) as (object: object, key: PropertyKey) => unknown;

type Key = string | symbol;
type Values = Record<Key, unknown>;

/** Properties with what is expected of them, side by side, so that comparing them allocates nothing. */
class Table {
  readonly owners: number[] = [];
  readonly holders: Values[] = [];
  readonly keys: Key[] = [];
  readonly expected: unknown[] = [];

  add(owner: number, object: object, key: Key, expected: unknown): void {
    this.owners.push(owner);
    this.holders.push(object as Values);
    this.keys.push(key);
    this.expected.push(expected);
  }
}

/**
 * Notices that properties of some objects were added, removed or exchanged. A look is made to be cheap, and calls no getter
 * that was one when the base line was taken.
 */
export class PropertyWatch {
  readonly #objects: readonly Watched[];
  readonly #quickObjects: number;
  /** Names of properties that do not count any more. */
  readonly #accepted = new Set<string>();
  #values = new Table();
  /** How many of these a quick look takes. */
  #quickValues = 0;
  #getters = new Table();
  /** How many keys the objects have that are enumerable, and altogether. */
  #enumerable: number[] = [];
  #own: number[] = [];

  constructor({ objects, slowObjects }: WatchedObjects) {
    this.#objects = [...objects, ...slowObjects];
    this.#quickObjects = objects.length;
    this.rebase();
  }

  /** Takes things as they are for the base line of the looks to come. */
  rebase(): void {
    this.#values = new Table();
    this.#getters = new Table();
    this.#enumerable = [];
    this.#own = [];
    for (let owner = 0; owner < this.#objects.length; owner++) {
      if (owner === this.#quickObjects) this.#quickValues = this.#values.keys.length;
      this.#add(owner, this.#objects[owner] as Watched);
    }
    if (this.#quickObjects === this.#objects.length) this.#quickValues = this.#values.keys.length;
  }

  /** Properties of these names may be what they like from now on. */
  accept(names: readonly string[]): void {
    for (const name of names) this.#accepted.add(name);
  }

  /** Names of what differs, such as `globalThis.cache`. Does not see added properties that are not enumerable. */
  quickLook(): readonly string[] {
    return this.#differs(this.#quickValues, this.#quickObjects) ? this.#differences() : [];
  }

  /** The same, and sees all. Takes several times as long. */
  thoroughLook(): readonly string[] {
    const differs =
      this.#differs(this.#values.keys.length, this.#objects.length) ||
      this.#objects.some(({ object }, owner) => ownKeys(object).length !== this.#own[owner]);
    return differs ? this.#differences() : [];
  }

  #add(owner: number, watched: Watched): void {
    const { object, readable = [] } = watched;
    const keys = ownKeys(object);
    this.#own.push(keys.length);
    this.#enumerable.push(enumerableKeys(object).length);
    for (const key of keys) {
      const descriptor = this.#describe(watched, key);
      if (descriptor === undefined) continue;
      if ('value' in descriptor) this.#values.add(owner, object, key, descriptor.value);
      else if (readable.includes(key as string))
        this.#values.add(owner, object, key, (object as Values)[key]);
      else this.#getters.add(owner, object, key, getterOf(object, key));
    }
  }

  /** Undefined if the property does not count. It is asked for only then: some of Node's are made when they are. */
  #describe(watched: Watched, key: Key): PropertyDescriptor | undefined {
    if (watched.counts?.(key) === false) return undefined;
    if (this.#accepted.size > 0 && this.#accepted.has(nameOf(watched, key))) return undefined;
    const descriptor = describe(watched.object, key);
    const isFixed = descriptor?.configurable === false && descriptor.writable !== true;
    return isFixed ? undefined : descriptor;
  }

  /** May say so though nothing that counts does. */
  #differs(values: number, objects: number): boolean {
    const { holders, keys, expected } = this.#values;
    for (let index = 0; index < values; index++) {
      const value = (holders[index] as Values)[keys[index] as Key];
      if (value !== expected[index] && !is(value, expected[index])) return true;
    }
    const getters = this.#getters;
    for (let index = 0; index < getters.keys.length; index++) {
      const getter = getterOf(getters.holders[index] as Values, getters.keys[index] as Key);
      if (getter !== getters.expected[index]) return true;
    }
    for (let owner = 0; owner < objects; owner++) {
      if (enumerableKeys((this.#objects[owner] as Watched).object).length !== this.#enumerable[owner])
        return true;
    }
    return false;
  }

  #differences(): readonly string[] {
    const known = this.#objects.map(() => new Set<Key>());
    const names: string[] = [];
    for (const [table, hasChanged] of [
      [this.#values, isOtherValue],
      [this.#getters, isOtherGetter],
    ] as const) {
      for (const [index, key] of table.keys.entries()) {
        const owner = table.owners[index] as number;
        known[owner]?.add(key);
        const name = nameOf(this.#objects[owner] as Watched, key);
        if (this.#accepted.has(name)) continue;
        if (hasChanged(table.holders[index] as Values, key, table.expected[index])) names.push(name);
      }
    }
    for (const [owner, watched] of this.#objects.entries()) {
      for (const key of ownKeys(watched.object)) {
        if (known[owner]?.has(key) !== true && this.#describe(watched, key)) names.push(nameOf(watched, key));
      }
    }
    if (names.length === 0) this.rebase(); // or each look would go into it again
    return names;
  }
}

function isOtherValue(object: Values, key: Key, expected: unknown): boolean {
  return describe(object, key) === undefined || !is(object[key], expected);
}

function isOtherGetter(object: Values, key: Key, expected: unknown): boolean {
  const now = describe(object, key);
  if (now === undefined) return true;
  if (!('value' in now)) return getterOf(object, key) !== expected;
  return !is(now.value, genuineValue(object, key, expected, now));
}

/** Node makes some globals when they are first asked for: their getter then puts the value in its own place. */
function genuineValue(object: object, key: Key, getter: unknown, now: PropertyDescriptor): unknown {
  try {
    return apply(getter as () => unknown, object, []);
  } catch {
    return undefined; // there is none, or it is that of a prototype and gives nothing without an instance
  } finally {
    defineProperty(object, key, now); // asked for only now, it has put its value there
  }
}

function nameOf({ name }: Watched, key: Key): string {
  return typeof key === 'symbol' ? `${name}[${key.description ?? 'Symbol()'}]` : `${name}.${key}`;
}
