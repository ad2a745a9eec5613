import { ShapeCode } from './shape-code.ts';

type Maker = (columns: readonly ArrayLike<unknown>[], count: number) => Record<string, unknown>[];

/** In the code: `const c0 = columns[0]; ... values[row] = { "id": c0[row], ... }`. */
const makers = new ShapeCode<Maker>(({ keys }) => ({
  parameters: ['columns', 'count'],
  body: `
    ${keys.map((_, index) => `const c${index} = columns[${index}];`).join('\n')}
    const values = new Array(count);
    for (let row = 0; row < count; row++) {
      values[row] = { ${keys.map((key, index) => `${JSON.stringify(key)}: c${index}[row]`).join(', ')} };
    }
    return values;`,
}));

/** Makes `count` objects with these keys; `columns` has the values by key. `__proto__` must not be among the keys. */
export function makeObjects(
  keys: readonly string[],
  columns: readonly ArrayLike<unknown>[],
  count: number,
): Record<string, unknown>[] {
  const make = makers.for({ keys, nested: [] }) ?? ((...args) => makeByKeys(keys, ...args));
  return make(columns, count);
}

function makeByKeys(
  keys: readonly string[],
  columns: readonly ArrayLike<unknown>[],
  count: number,
): Record<string, unknown>[] {
  // all get their fields at once, by a copy, and then their values: much cheaper than field by field
  const template: Record<string, unknown> = {};
  for (const [index, key] of keys.entries()) template[key] = columns[index]?.[0];
  const values = Array.from({ length: count }, () => ({ ...template }));
  for (const [index, key] of keys.entries()) {
    const column = columns[index] as ArrayLike<unknown>;
    for (let row = 1; row < count; row++) (values[row] as Record<string, unknown>)[key] = column[row];
  }
  return values;
}
