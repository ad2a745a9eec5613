import { refuseTooDeep } from './deep-clone.ts';
import { LARGE_BYTES } from './large-bytes.ts';
import { shown } from './shown.ts';
import { isTransformResult } from './transform-result.ts';

/** Registered, so that what another copy of this package has marked is still recognised. Lists the buffers. */
const MARK = Symbol.for('pooled-executor.move');

/** Whether any value was ever marked in this thread, by whichever copy: looking for the mark on each row costs 5% of small rows. */
const marks = marksOfThread();

/**
 * Gives up a row, or an output: its memory is handed over instead of copied, which pays from some ten kilobytes on.
 * `executor.map([move(pixels)])` in the caller, `return move(pixels)` in the transform.
 *
 * The giver's typed arrays are empty ("detached") as soon as the row is submitted, or the output returned. A row of 64 kB
 * or more that is moved to a thread has the thread to itself, and is nowhere else meanwhile: when the thread is lost (also
 * by what an earlier row left behind there) the row ends as `worker_lost`; and a transform that refuses it
 * (`CapacityError`) must leave it as it was, as the next attempt gets it as it is then. With a trail, with
 * `isolation: 'process'` and in-process the executor keeps the row and gives each attempt a copy. Memory that Node can't
 * hand over (of native modules, of WebAssembly) is copied.
 *
 * @param value the row or the output itself: not something inside of it, nor what it is in (a `RowContext`, a
 *   `TransformResult`, a promise); not frozen
 * @param buffers what is handed over; by default all buffers in `value`, and those of which a typed array in it is all.
 *   What is not in the list is copied.
 * @returns `value`, marked for the next time that it is submitted or returned
 * @throws TypeError when `value` is no object, is frozen, a result or a promise, or `buffers` has anything else than
 *   ArrayBuffers; and whatever a getter in `value` throws
 */
export function move<Value extends object>(value: Value, buffers?: readonly ArrayBufferLike[]): Value {
  refuseUnlessMovable(value);
  const found = buffers === undefined ? buffersIn(value) : checked(buffers);
  if (!Reflect.defineProperty(value, MARK, { value: found, configurable: true })) {
    throw new TypeError(
      'Cannot move an object that is frozen or sealed: move a copy of it, as move({ ...object })',
    );
  }
  marks.any = true;
  return value;
}

/** A copy of the list, if it is one. */
function checked(buffers: unknown): ArrayBuffer[] {
  if (!Array.isArray(buffers))
    throw new TypeError('Cannot move: what is handed over must be a list of ArrayBuffers');
  const wrong = buffers.findIndex((buffer) => !(buffer instanceof ArrayBuffer));
  if (wrong < 0) return [...(buffers as ArrayBuffer[])];
  const other: unknown = buffers[wrong];
  const hint = ArrayBuffer.isView(other) ? "; name the array's `buffer`" : '';
  throw new TypeError(`Cannot move ${shown(other)}: only ArrayBuffers are handed over${hint}`);
}

function refuseUnlessMovable(value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`Cannot move ${String(value)}: only objects have memory that can be handed over`);
  }
  if (isTransformResult(value)) {
    throw new TypeError(
      'Cannot move a TransformResult: move its value, as TransformResult.success(move(value))',
    );
  }
  if (value instanceof Promise) throw new TypeError('Cannot move a promise: move what it resolves to');
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

/**
 * Takes a value marked by {@link move} from its owner. Undefined for any other, and for one whose memory can not be handed
 * over: it has to be copied.
 *
 * @throws Error when its memory is somebody else's already
 */
export function takeOver(value: unknown): MovedContent | undefined {
  if (!marks.any || typeof value !== 'object' || value === null) return undefined;
  const buffers = (value as { readonly [MARK]?: readonly ArrayBuffer[] })[MARK];
  if (buffers === undefined) return undefined;
  Reflect.deleteProperty(value, MARK);
  if (buffers.length === 0) return undefined;
  if (!isWhole({ value, buffers }))
    throw new Error('it was moved, and its memory has been given away before');
  try {
    return handedOn({ value, buffers });
  } catch (reason) {
    if (isWhole({ value, buffers })) return undefined;
    throw reason; // else it would be taken for one that is empty
  }
}

/** The same content in the hands of whoever calls this; a message can carry it. Throws a DataCloneError where it can't be. */
export function handedOn({ value, buffers }: MovedContent): MovedContent {
  const [whole] = buffers;
  if (whole === undefined || bufferOf(value as object) !== whole || buffers.length > 1) {
    const content = structuredClone({ value, buffers }, { transfer: [...buffers] });
    refuseTooDeep(content.value);
    return content;
  }
  const own = structuredClone(value as object, { transfer: [whole] });
  return { value: own, buffers: [bufferOf(own) as ArrayBuffer] };
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

  /** Nobody needs it any more. */
  release(): void {
    this.#content = { value: undefined, buffers: [] };
  }
}

function marksOfThread(): { any: boolean } {
  const shared = globalThis as { [MARK]?: { any: boolean } };
  if (shared[MARK] === undefined) Object.defineProperty(shared, MARK, { value: { any: false } });
  return shared[MARK] as { any: boolean };
}

/** What structured clone would carry with it. */
function partsOf(value: object): Iterable<unknown> {
  if (value instanceof Map)
    return [...(value.keys() as Iterable<unknown>), ...(value.values() as Iterable<unknown>)];
  if (value instanceof Set) return value as Iterable<unknown>;
  return Object.values(value) as unknown[];
}

/** Of the value itself and of all that is in it. */
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
    else if (!ArrayBuffer.isView(inner))
      for (const part of partsOf(inner)) if (typeof part === 'object') open.push(part);
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
