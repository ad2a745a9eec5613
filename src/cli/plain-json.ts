const MAX_DEPTH = 32;

/**
 * Gives a value that JSON.stringify carries without loss of what matters and without throwing, for anything that
 * structured clone carries: maps, sets and typed arrays become arrays, dates, BigInts and what JSON has no number for
 * become text, errors objects with their message. What is contained in itself becomes `[circular]`.
 *
 * @param stacks whether errors have their stacks, which differ from machine to machine. Default false
 */
export function toPlainJson(value: unknown, { stacks = false }: { readonly stacks?: boolean } = {}): unknown {
  return new PlainJson(stacks).of(value, []);
}

class PlainJson {
  readonly #stacks: boolean;

  constructor(stacks: boolean) {
    this.#stacks = stacks;
  }

  of(value: unknown, path: readonly object[]): unknown {
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (path.includes(value)) return '[circular]';
    if (path.length >= MAX_DEPTH) return '[too deep]';
    return this.#ofObject(value, [...path, value]);
  }

  #ofObject(value: object, path: readonly object[]): unknown {
    if (Array.isArray(value)) return value.map((item) => this.of(item, path) ?? null);
    if (value instanceof Map)
      return Array.from(value, (pair) => pair.map((item) => this.of(item, path) ?? null));
    if (value instanceof Set) return Array.from(value, (item) => this.of(item, path) ?? null);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (
      value instanceof Number ||
      value instanceof String ||
      value instanceof Boolean ||
      value instanceof BigInt
    ) {
      return this.of(value.valueOf(), path);
    }
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
      return Array.from(new Uint8Array(value));
    if (value instanceof DataView) return this.#ofObject(value.buffer, path);
    if (ArrayBuffer.isView(value))
      return Array.from(value as unknown as Iterable<unknown>, (item) => this.of(item, path));
    return this.#ofRecord(value as Record<string, unknown>, path);
  }

  #ofRecord(value: Record<string, unknown>, path: readonly object[]): unknown {
    const entries = Object.entries(value).filter(
      ([key]) => this.#stacks || key !== 'stack' || !isErrorLike(value),
    );
    const own =
      value instanceof Error ? [...ownOfError(value), ...this.#stackOf(value), ...entries] : entries;
    return Object.fromEntries(own.map(([key, item]) => [key, this.of(item, path)]));
  }

  #stackOf({ stack }: Error): [string, unknown][] {
    return this.#stacks ? [['stack', stack]] : [];
  }
}

/** What errors have and don't list. */
function ownOfError(error: Error): [string, unknown][] {
  const cause = error.cause === undefined ? [] : [['cause', error.cause] satisfies [string, unknown]];
  return [['name', error.name], ['message', error.message], ...cause];
}

/** An error, or the description of one. */
function isErrorLike(value: Record<string, unknown>): boolean {
  return typeof value['message'] === 'string' && typeof value['stack'] === 'string';
}
