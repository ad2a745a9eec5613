import { Deserializer, Serializer } from 'node:v8';
import { TYPED_ARRAYS, viewNameOf } from '../core/typed-arrays.ts';

interface ViewConstructor {
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): ArrayBufferView;
}

/** What each kind of view is made by. Taken at once, as a row may exchange it. */
const VIEWS = new Map<string, ViewConstructor>([
  ...Object.entries(TYPED_ARRAYS),
  ['DataView', DataView],
  ...newerViews('Float16Array'),
]);

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
    this.writeValue(viewNameOf(view));
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

/** If this Node has it. */
function newerViews(name: string): [string, ViewConstructor][] {
  const View = Reflect.get(globalThis, name) as ViewConstructor | undefined;
  return View === undefined ? [] : [[name, View]];
}

/** `Buffer.poolSize`, and in some versions of Node a little more. */
const POOL_BYTES = Buffer.from('a').buffer.byteLength;

function isOfPool({ buffer, byteLength }: ArrayBufferView): boolean {
  return buffer.byteLength === POOL_BYTES && byteLength < POOL_BYTES;
}
