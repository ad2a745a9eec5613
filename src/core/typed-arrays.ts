/** The kinds of typed arrays that every Node has, by their names. */
export const TYPED_ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The kind that a view is, whatever its class says. */
export function viewNameOf(view: ArrayBufferView): string {
  return (Reflect.get(TYPED_ARRAY, Symbol.toStringTag, view) as string | undefined) ?? 'DataView';
}
