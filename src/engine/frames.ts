import { writeSync } from 'node:fs';
import { Deserializer, Serializer } from 'node:v8';

/** What a typed array, or a view, is made by. Taken at once, as a row may exchange them. */
const VIEWS = new Map(
  [
    'Int8Array',
    'Uint8Array',
    'Uint8ClampedArray',
    'Int16Array',
    'Uint16Array',
    'Int32Array',
    'Uint32Array',
    'Float16Array',
    'Float32Array',
    'Float64Array',
    'BigInt64Array',
    'BigUint64Array',
    'DataView',
  ].flatMap((name) => {
    const View = Reflect.get(globalThis, name) as ViewConstructor | undefined; // not every Node has all of them
    return View === undefined ? [] : [[name, View] as const];
  }),
);

interface ViewConstructor {
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): ArrayBufferView;
}

/**
 * A value as bytes, from which {@link fromBytes} makes what a structured clone would be: typed arrays keep their buffers, and
 * share those that they shared. `serialize` of node:v8, and the channel between processes, part them, and give arrays the
 * buffer of the message. Of shared memory, and of the pool that small Buffers are cut from, only the view's own bytes go.
 *
 * @throws Error for what can't leave the process, such as a SharedArrayBuffer.
 */
export function toBytes(value: unknown): Buffer {
  const serializer = new ViewSerializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

export function fromBytes(bytes: Uint8Array): unknown {
  const deserializer = new ViewDeserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

/** Throws for what can't be taken to another process and read there. */
export function ensureSendable(value: unknown): void {
  fromBytes(toBytes(value)); // a WebAssembly.Module can be written, but not read
}

interface WritesHostObjects {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
}

class ViewSerializer extends Serializer {
  constructor() {
    super();
    (this as unknown as WritesHostObjects)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  /** Called for each view. */
  _writeHostObject(view: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = view;
    const sharesBuffer = buffer instanceof ArrayBuffer && !isOfPool(view);
    this.writeValue(nameOf(view));
    this.writeValue(sharesBuffer ? buffer : new Uint8Array(buffer, byteOffset, byteLength).slice().buffer);
    this.writeUint32(sharesBuffer ? byteOffset : 0);
    this.writeUint32(byteLength);
  }
}

class ViewDeserializer extends Deserializer {
  _readHostObject(): ArrayBufferView {
    const name = this.readValue() as string;
    const buffer = this.readValue() as ArrayBuffer;
    const byteOffset = this.readUint32();
    const byteLength = this.readUint32();
    const View = VIEWS.get(name);
    if (View === undefined) throw new TypeError(`Cannot read ${name}: this Node has no such kind of array`);
    return new View(buffer, byteOffset, byteLength / (View.BYTES_PER_ELEMENT ?? 1));
  }
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The kind that it is, whatever its class says. */
function nameOf(view: ArrayBufferView): string {
  return (Reflect.get(TYPED_ARRAY, Symbol.toStringTag, view) as string | undefined) ?? 'DataView';
}

/** `Buffer.poolSize`, and in some versions of Node a little more. */
const POOL_BYTES = Buffer.from('a').buffer.byteLength;

function isOfPool({ buffer, byteLength }: ArrayBufferView): boolean {
  return buffer.byteLength === POOL_BYTES && byteLength < POOL_BYTES;
}

/** Every frame begins with the length of what follows. */
const LENGTH_BYTES = 4;

/**
 * Writes a value to a pipe before it returns, so that it has left the process whatever happens next. The pipe must
 * block: those that a parent process opens for its child do.
 *
 * @throws DataCloneError for what can't be serialized.
 */
export function writeFrame(fd: number, value: unknown): void {
  const payload = toBytes(value);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + payload.length);
  frame.writeUInt32LE(payload.length);
  payload.copy(frame, LENGTH_BYTES);
  for (let written = 0; written < frame.length;) written += writeSync(fd, frame, written);
}

/** Puts together the values that {@link writeFrame} wrote from the chunks in which they arrive. */
export class FrameReader {
  readonly #onValue: (value: unknown) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes without which it is no use to look. */
  #needed = LENGTH_BYTES;

  constructor(onValue: (value: unknown) => void) {
    this.#onValue = onValue;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      this.#needed = LENGTH_BYTES + (rest.length < LENGTH_BYTES ? 0 : rest.readUInt32LE());
      if (rest.length < LENGTH_BYTES || rest.length < this.#needed) break;
      const frame = rest.subarray(LENGTH_BYTES, this.#needed);
      rest = rest.subarray(this.#needed);
      this.#onValue(fromBytes(frame));
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
  }
}
