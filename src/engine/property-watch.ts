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

/**
 * What is expected of an object: properties and values, or getters, side by side, so that comparing them allocates nothing.
 * Taking it is part of each worker's start: it must not allocate much either.
 */
interface BaseLine {
  readonly watched: Watched;
  readonly keys: Key[];
  readonly values: unknown[];
  readonly getterKeys: Key[];
  readonly getters: unknown[];
  /** How many keys the object has that are enumerable, and altogether. */
  readonly enumerable: number;
  readonly own: number;
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
  #baseLines: readonly BaseLine[] = [];

  constructor({ objects, slowObjects }: WatchedObjects) {
    this.#objects = [...objects, ...slowObjects];
    this.#quickObjects = objects.length;
    this.rebase();
  }

  /** Takes things as they are for the base line of the looks to come. */
  rebase(): void {
    this.#baseLines = this.#objects.map((watched) => this.#baseLineOf(watched));
  }

  /** Properties of these names may be what they like from now on. */
  accept(names: readonly string[]): void {
    for (const name of names) this.#accepted.add(name);
  }

  /** Names of what differs, such as `globalThis.cache`. Does not see added properties that are not enumerable. */
  quickLook(): readonly string[] {
    return this.#differs(this.#quickObjects) ? this.#differences() : [];
  }

  /** The same, and sees all. Takes several times as long. */
  thoroughLook(): readonly string[] {
    const differs =
      this.#differs(this.#objects.length) ||
      this.#baseLines.some(({ watched, own }) => ownKeys(watched.object).length !== own);
    return differs ? this.#differences() : [];
  }

  #baseLineOf(watched: Watched): BaseLine {
    const { readable } = watched;
    const object = watched.object as Values;
    const allKeys = ownKeys(object);
    const enumerable = enumerableKeys(object).length;
    const [keys, values, getterKeys, getters]: [Key[], unknown[], Key[], unknown[]] = [[], [], [], []];
    for (const key of allKeys) {
      if (!this.#counts(watched, key)) continue;
      const getter = getterOf(object, key);
      if (getter === undefined || readable?.includes(key as string) === true) {
        keys.push(key);
        values.push(object[key]);
      } else {
        getterKeys.push(key);
        getters.push(getter);
      }
    }
    return { watched, keys, values, getterKeys, getters, enumerable, own: allKeys.length };
  }

  /** Properties that don't are never looked at: some of Node's are made when they are. */
  #counts(watched: Watched, key: Key): boolean {
    if (watched.counts?.(key) === false) return false;
    return this.#accepted.size === 0 || !this.#accepted.has(nameOf(watched, key));
  }

  /** May say so though nothing that counts does. */
  #differs(objects: number): boolean {
    for (let index = 0; index < objects; index++) {
      const { watched, keys, values, getterKeys, getters } = this.#baseLines[index] as BaseLine;
      const object = watched.object as Values;
      for (let position = 0; position < keys.length; position++) {
        const value = object[keys[position] as Key];
        if (value !== values[position] && !is(value, values[position])) return true;
      }
      for (let position = 0; position < getterKeys.length; position++) {
        if (getterOf(object, getterKeys[position] as Key) !== getters[position]) return true;
      }
    }
    for (let index = 0; index < objects; index++) {
      const { watched, enumerable } = this.#baseLines[index] as BaseLine;
      if (enumerableKeys(watched.object).length !== enumerable) return true;
    }
    return false;
  }

  #differences(): readonly string[] {
    const names = [otherValues, otherGetters, addedKeys].flatMap((find) => this.#namesOf(find));
    if (names.length === 0) this.rebase(); // or each look would go into it again
    return names;
  }

  #namesOf(find: (baseLine: BaseLine, counts: (key: Key) => boolean) => readonly Key[]): readonly string[] {
    return this.#baseLines.flatMap((baseLine) => {
      const { watched } = baseLine;
      return find(baseLine, (key) => this.#counts(watched, key)).map((key) => nameOf(watched, key));
    });
  }
}

function otherValues({ watched, keys, values }: BaseLine, counts: (key: Key) => boolean): readonly Key[] {
  const object = watched.object as Values;
  return keys.filter((key, position) => counts(key) && isOtherValue(object, key, values[position]));
}

function otherGetters(
  { watched, getterKeys, getters }: BaseLine,
  counts: (key: Key) => boolean,
): readonly Key[] {
  const { object } = watched;
  return getterKeys.filter((key, position) => counts(key) && isOtherGetter(object, key, getters[position]));
}

function addedKeys({ watched, keys, getterKeys }: BaseLine, counts: (key: Key) => boolean): readonly Key[] {
  const { object } = watched;
  const known = new Set<Key>([...keys, ...getterKeys]);
  return ownKeys(object).filter((key) => !known.has(key) && counts(key) && !isFixed(object, key));
}

/** Nobody can change it any more. */
function isFixed(object: object, key: Key): boolean {
  const descriptor = describe(object, key);
  return descriptor?.configurable === false && descriptor.writable !== true;
}

function isOtherValue(object: Values, key: Key, expected: unknown): boolean {
  return describe(object, key) === undefined || !is(object[key], expected);
}

function isOtherGetter(object: object, key: Key, expected: unknown): boolean {
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
