import { messageOf, type RowError } from './row-error.ts';

/** What the objects of a structured clone are made by that is data; views, maps and sets apart. */
const MAKERS: readonly { readonly prototype: unknown }[] = [
  ...[Object, Array, RegExp, Date, ArrayBuffer, Number, String, Boolean, BigInt],
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
];
const PROTOTYPES = new Set(MAKERS.map(({ prototype }) => prototype));

/**
 * Throws for a structured clone that has more than data in it: a handle of this process, such as a Blob, a KeyObject or a
 * WebAssembly.Module, or shared memory. Serialized, such a thing would be refused, or unreadable, or nothing (`{}`).
 *
 * @param options.sharedViews whether typed arrays may be views of shared memory, as their content is copied
 */
export function ensurePortable(clone: unknown, { sharedViews }: { readonly sharedViews: boolean }): void {
  const met = new Set<unknown>();
  const open: object[] = [];
  const add = (value: unknown) => {
    if (typeof value !== 'object' || value === null || met.has(value)) return;
    met.add(value);
    open[open.length] = value; // not by a method that a row may have exchanged
  };
  add(clone);
  for (let index = 0; index < open.length; index++) {
    const value = open[index] as object;
    if (ArrayBuffer.isView(value)) {
      if (!(sharedViews && value.buffer instanceof SharedArrayBuffer)) add(value.buffer);
    } else if (value instanceof Set) value.forEach(add);
    else if (value instanceof Map) {
      for (const [key, item] of value) {
        add(key);
        add(item);
      }
    } else {
      refuseUnlessPortable(value);
      if (value instanceof Error) add(value.cause);
      if (value instanceof ArrayBuffer) continue;
      for (const key of Object.keys(value)) add((value as Readonly<Record<string, unknown>>)[key]);
    }
  }
}

function refuseUnlessPortable(value: object): void {
  const prototype = Object.getPrototypeOf(value) as {
    readonly constructor?: { readonly name?: unknown };
  } | null;
  if (prototype === null || PROTOTYPES.has(prototype)) return;
  throw new TypeError(
    `a ${String(prototype.constructor?.name)} is no data: it can neither be put on record nor be taken to another process`,
  );
}

/** As {@link ensurePortable}: throws for what can't be put on record outside of the process. */
export function ensureRecordable(clone: unknown): void {
  ensurePortable(clone, { sharedViews: false });
}

/** The same error; details that `ensure` throws for are left out, which they say. */
export function withPortableDetails(error: RowError, ensure: (clone: unknown) => void): RowError {
  try {
    ensure(error);
    return error;
  } catch (reason) {
    return withoutDetails(error, messageOf(reason));
  }
}

function withoutDetails({ details, cause, ...error }: RowError, why: string): RowError {
  return {
    ...error,
    ...(details === undefined ? {} : { details: `(left out: ${why})` }),
    ...(cause === undefined ? {} : { cause: withoutDetails(cause, why) }),
  };
}
