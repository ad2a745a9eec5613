import { TYPED_ARRAYS, viewNameOf } from './typed-arrays.ts';

/** Arrays of fewer bytes are cheaper to clone with their message. */
export const LARGE_BYTES = 1 << 16;

type ArrayName = keyof typeof TYPED_ARRAYS;

/** The bytes of a typed array, and which kind of array it is. */
interface Content {
  readonly arrayName: ArrayName;
  readonly bytes: Uint8Array;
}

/**
 * The content of a large typed array in shared memory: it crosses to a thread, as often as its row is run, without being
 * copied again on the thread that sends it. Nobody writes to it.
 */
export class SharedBytes {
  readonly arrayName: ArrayName;
  readonly shared: SharedArrayBuffer;

  private constructor({ arrayName, bytes }: Content) {
    this.arrayName = arrayName;
    this.shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(this.shared).set(bytes);
  }

  /** Copies a large typed array; undefined for anything else. */
  static of(value: unknown): SharedBytes | undefined {
    const content = largeContentOf(value);
    return content && new SharedBytes(content);
  }
}

/** As it comes out of a message. */
export type SentBytes = Pick<SharedBytes, 'arrayName' | 'shared'>;

/** A fresh array, as structured clone would give of the original. */
export function ownBytes({ arrayName, shared }: SentBytes): ArrayBufferView {
  return arrayOf({ arrayName, bytes: new Uint8Array(shared) });
}

/** What structured clone gives of a large typed array, with half the work; undefined for anything else. */
export function copyLarge(value: object): ArrayBufferView | undefined {
  const content = largeContentOf(value);
  return content && arrayOf(content);
}

function arrayOf({ arrayName, bytes }: Content): ArrayBufferView {
  return new TYPED_ARRAYS[arrayName](new Uint8Array(bytes).buffer);
}

/** Of a large typed array that is all of its buffer: else structured clone would carry the rest of that too. */
function largeContentOf(value: unknown): Content | undefined {
  if (!ArrayBuffer.isView(value) || value.byteLength < LARGE_BYTES) return undefined;
  const arrayName = isWhole(value) ? nameOf(value) : undefined;
  return arrayName && { arrayName, bytes: new Uint8Array(value.buffer) };
}

/** Whether it is all of its buffer, and stays so. */
function isWhole({ buffer, byteLength }: ArrayBufferView): boolean {
  return buffer instanceof ArrayBuffer && !buffer.resizable && buffer.byteLength === byteLength;
}

function nameOf(value: ArrayBufferView): ArrayName | undefined {
  const name = viewNameOf(value);
  return Object.hasOwn(TYPED_ARRAYS, name) ? (name as ArrayName) : undefined;
}
