/**
 * How deep objects may be nested. A worker has four times the stack of the thread that reads what it sends, and reading is a
 * recursion: what is much deeper would be a message that never arrives, or could not be put on record.
 */
export const MOST_LEVELS = 1_000;
/** An array that is longer is looked at by its keys, as it may be nearly empty. */
const LONGEST_BY_INDEX = 1 << 22;

/**
 * A structured clone that every thread can read, and clone again, as it is not nested too deeply.
 *
 * @throws RangeError "it is nested more than 1000 levels deep"; a DataCloneError for what structured clone can't carry
 */
export function deepClone<Value>(value: Value): Value {
  const clone = structuredClone(value);
  refuseTooDeep(clone);
  return clone;
}

/** Throws as {@link deepClone} does, for a clone: data alone, with no getters and no proxies. */
export function refuseTooDeep(clone: unknown): void {
  if (typeof clone !== 'object' || clone === null) return;
  // fewer objects than levels need no note of which were met
  if (!new Walk(MOST_LEVELS, undefined).isTooDeep(clone, 0)) return;
  if (!new Walk(Infinity, new Set()).isTooDeep(clone, 0)) return;
  throw new RangeError(`it is nested more than ${MOST_LEVELS} levels deep`);
}

/** In the order in which a structured clone is read, which decides how deep it goes into what occurs twice. */
class Walk {
  readonly #mostObjects: number;
  readonly #met: Set<object> | undefined;
  #objects = 0;

  constructor(mostObjects: number, met: Set<object> | undefined) {
    this.#mostObjects = mostObjects;
    this.#met = met;
  }

  /** Also true when there are too many objects to know. */
  isTooDeep(value: object, level: number): boolean {
    if (this.#met?.has(value) === true) return false;
    this.#met?.add(value);
    if (level >= MOST_LEVELS || ++this.#objects > this.#mostObjects) return true;
    if (ArrayBuffer.isView(value)) return false;
    if (value instanceof Map || value instanceof Set) return this.#isAnyDeep(value, level);
    if (value instanceof Error && this.#isDeep(value.cause, level)) return true;
    if (Array.isArray(value) && value.length <= LONGEST_BY_INDEX) {
      for (let index = 0; index < value.length; index++) if (this.#isDeep(value[index], level)) return true;
      return false;
    }
    for (const key in value) if (this.#isDeep((value as Record<string, unknown>)[key], level)) return true;
    return false;
  }

  #isAnyDeep(collection: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>, level: number): boolean {
    let found = false;
    collection.forEach((item: unknown, key: unknown) => {
      found ||= this.#isDeep(key, level) || this.#isDeep(item, level);
    });
    return found;
  }

  #isDeep(item: unknown, level: number): boolean {
    return typeof item === 'object' && item !== null && this.isTooDeep(item, level + 1);
  }
}
