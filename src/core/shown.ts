/** A value as messages name it: a primitive as it is written, of an object what kind it is. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value}'`;
    case 'bigint':
      return `${value}n`;
    case 'object':
    case 'function':
      return value === null ? 'null' : Object.prototype.toString.call(value);
    default:
      return String(value);
  }
}
