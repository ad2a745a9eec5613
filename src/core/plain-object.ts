/** Whether structured clone carries the value's enumerable own properties and nothing else of it. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || (prototype === null && hasNothingElse(value));
}

/** An array or a Date can have lost its prototype, and is one to structured clone all the same. */
function hasNothingElse(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Object]' && !ArrayBuffer.isView(value);
}
