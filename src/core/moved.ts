import { LARGE_BYTES, takeBytes } from './large-bytes.ts';
import { isPlainObject } from './plain-object.ts';

/** Registered, so that what another copy of this package has marked is still recognised. Lists the buffers. */
const MARK = Symbol.for('pooled-executor.move');

/** Whether any value was ever marked in this thread, by whichever copy: looking for the mark on each row costs 5% of small rows. */
const marks = marksOfThread();

/**
 * Gives up a row, or an output: its memory is handed over instead of copied, which pays from some ten kilobytes on.
 * `executor.map([move(pixels)])` in the caller, `return move(pixels)` in the transform.
 *
 * The giver's typed arrays are empty ("detached") as soon as the row is submitted, or the output returned. A row of 64 kB
 * or more that is moved to a thread is nowhere else meanwhile: when the thread is lost the row ends as `worker_lost`, and
 * a transform that refuses it (`CapacityError`) must leave it as it was, as the next attempt gets it as it is then. With a
 * trail, with `isolation: 'process'` and in-process the executor keeps the row and gives each attempt a copy.
 *
 * @param value the row or the output itself, and not something inside of it; not frozen
 * @param buffers what is handed over; by default all buffers that are wholly covered by `value`, or by typed arrays in
 *   its plain objects and arrays. What is not in the list is copied.
 * @returns `value`, marked for the next time that it is submitted or returned
 * @throws TypeError when `value` is no object, or frozen
 */
export function move<Value extends object>(value: Value, buffers?: readonly ArrayBuffer[]): Value {
  const given: unknown = value;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`Cannot move ${String(given)}: only objects have memory that can be handed over`);
  }
  const found = buffers === undefined ? buffersIn(value) : [...buffers];
  if (!Reflect.defineProperty(value, MARK, { value: found, configurable: true })) {
    throw new TypeError('Cannot move an object that is frozen or sealed: pass a copy of it, as { ...row }');
  }
  marks.any = true;
  return value;
}

/** A value that its owner has given up, and its buffers that can be handed on. */
export interface MovedContent {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];
}

/** Whether nobody else has taken the buffers. */
export function isWhole({ buffers }: MovedContent): boolean {
  return buffers.every(({ detached }) => !detached);
}

/** Takes a value marked by {@link move} from its owner; undefined for any other. Throws a DataCloneError where that fails. */
export function takeOver(value: unknown): MovedContent | undefined {
  if (!marks.any || typeof value !== 'object' || value === null) return undefined;
  const buffers = (value as { readonly [MARK]?: readonly ArrayBuffer[] })[MARK];
  if (buffers === undefined) return undefined;
  Reflect.deleteProperty(value, MARK);
  const [buffer] = buffers;
  const bytes = buffer === undefined || buffers.length > 1 ? undefined : takeBytes(value, buffer);
  if (bytes !== undefined) return { value: bytes, buffers: [bytes.buffer] };
  return structuredClone({ value, buffers }, { transfer: [...buffers] });
}

/** Whether it has so much memory that it is worth a message of its own. */
export function isLarge({ buffers }: MovedContent): boolean {
  return buffers.reduce((bytes, { byteLength }) => bytes + byteLength, 0) >= LARGE_BYTES;
}

/** The snapshot of a large value that was moved: it is handed on, and is nowhere else as long as it is away. */
export class Moved {
  #content: MovedContent;

  constructor(content: MovedContent) {
    this.#content = content;
  }

  get content(): MovedContent {
    return this.#content;
  }

  /** Whether it can be handed on. */
  get isHere(): boolean {
    return isWhole(this.#content);
  }

  /** It comes back unfinished. */
  putBack(content: MovedContent): void {
    this.#content = content;
  }
}

function marksOfThread(): { any: boolean } {
  const shared = globalThis as { [MARK]?: { any: boolean } };
  if (shared[MARK] === undefined) Object.defineProperty(shared, MARK, { value: { any: false } });
  return shared[MARK] as { any: boolean };
}

/** Of the value itself and of what is in its plain objects and arrays. */
function buffersIn(value: object): ArrayBuffer[] {
  const whole = bufferOf(value);
  if (whole !== undefined) return [whole];
  const buffers = new Set<ArrayBuffer>();
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const inner = open.pop();
    if (typeof inner !== 'object' || inner === null || seen.has(inner)) continue;
    seen.add(inner);
    const buffer = bufferOf(inner);
    if (buffer !== undefined) buffers.add(buffer);
    else if (Array.isArray(inner) || isPlainObject(inner)) open.push(...(Object.values(inner) as unknown[]));
  }
  return [...buffers];
}

/** Of an array that is only a part of its buffer, none: others may have the rest. */
function bufferOf(value: object): ArrayBuffer | undefined {
  if (value instanceof ArrayBuffer) return value;
  if (!ArrayBuffer.isView(value)) return undefined;
  const { buffer, byteLength } = value;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : undefined;
}
