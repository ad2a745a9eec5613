/** What stands in the place of a redacted value. */
export const REDACTED = '[redacted]';

/** One key of a path, or any. */
type Segment = { readonly key: string } | 'any';

/** Replaces what certain paths lead to. A path leads through objects, arrays and maps: `headers.authorization`, `*.apiKey`. */
export class Redactor {
  readonly #paths: ReadonlyMap<string, readonly Segment[]>;
  /** Paths that have led to something. */
  readonly #found = new Set<string>();
  #looked = false;

  /** @throws TypeError "Cannot redact 'a..b' as it is no path". */
  constructor(paths: readonly string[]) {
    this.#paths = new Map(paths.map((path) => [path, parsePath(path)]));
  }

  /** Whether there is no path at all. */
  get isIdle(): boolean {
    return this.#paths.size === 0;
  }

  /** Paths that led to nothing in any value so far, so that they may be misspelt. None before the first value. */
  get idlePaths(): readonly string[] {
    return this.#looked ? [...this.#paths.keys()].filter((path) => !this.#found.has(path)) : [];
  }

  /** Changes the value in place; whether there was anything to replace. */
  redact(value: unknown): boolean {
    this.#looked = true;
    let changed = false;
    for (const [path, segments] of this.#paths) {
      if (!redactAlong(segments, 0, value)) continue;
      changed = true;
      this.#found.add(path);
    }
    return changed;
  }
}

const SEGMENT = /(?:^|(?<=.)\.)([^.[\]]+)|\[(?:"([^"]*)"|'([^']*)'|([^\]"']+))\]/y;

function parsePath(path: string): readonly Segment[] {
  if (/^\$(?:[.[]|$)|\*\*/.test(path)) {
    throw new TypeError(
      `Cannot redact '${path}' as paths begin below the value, without '$', and '*' stands for one level: 'a.b', '*.b'`,
    );
  }
  const segments: Segment[] = [];
  SEGMENT.lastIndex = 0;
  while (SEGMENT.lastIndex < path.length) {
    const match = SEGMENT.exec(path);
    if (match === null) throw new TypeError(`Cannot redact '${path}' as it is no path`);
    const [, plain, doubleQuoted, singleQuoted, bracketed] = match;
    const bare = plain ?? bracketed;
    segments.push(bare === '*' ? 'any' : { key: bare ?? doubleQuoted ?? (singleQuoted as string) });
  }
  if (segments.length === 0) throw new TypeError(`Cannot redact '${path}' as it is no path`);
  return segments;
}

function redactAlong(path: readonly Segment[], depth: number, container: unknown): boolean {
  const segment = path[depth];
  if (segment === undefined || typeof container !== 'object' || container === null) return false;
  const isLast = depth === path.length - 1;
  let changed = false;
  for (const key of keysOf(container, segment)) {
    if (isLast) write(container, key);
    if (isLast || redactAlong(path, depth + 1, read(container, key))) changed = true;
  }
  return changed;
}

function keysOf(container: object, segment: Segment): readonly unknown[] {
  const keys = container instanceof Map ? [...container.keys()] : Object.keys(container);
  return segment === 'any' ? keys : keys.filter((key) => String(key) === segment.key);
}

function read(container: object, key: unknown): unknown {
  return container instanceof Map
    ? container.get(key)
    : (container as Record<string, unknown>)[key as string];
}

function write(container: object, key: unknown): void {
  if (container instanceof Map) container.set(key, REDACTED);
  else Object.defineProperty(container, key as string, { value: REDACTED }); // also `__proto__`
}
