import { exactJsonOf, type Walk } from './codec.ts';
import { ShapeCode, type Shape } from './shape-code.ts';

/** What a column can hold as it is: what a message carries and nobody can change. */
export function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return true;
    case 'object':
      return value === null;
    default:
      return false;
  }
}

/**
 * Puts the properties of a plain object into columns, at `position`: primitives as they are, nested values as JSON text.
 * Gives the number of characters of all strings, or -1 for an object of another shape; what it has put down then is void.
 */
export type ShapeReader = (
  value: Readonly<Record<string, unknown>>,
  columns: readonly unknown[][],
  position: number,
) => number;

/** The same with what the code uses as the last parameter. */
type ReaderCode = (
  ...args: [
    ...Parameters<ShapeReader>,
    tools: { readonly isPrimitive: typeof isPrimitive; readonly toText: ToText },
  ]
) => number;
type ToText = typeof exactJsonOf;

const TOOLS = { isPrimitive, toText: exactJsonOf };

/** In the code: the keys are compared one by one, then `const v0 = value["id"]; ... columns[0][position] = v0;`. */
const readers = new ShapeCode<ReaderCode>(({ keys, nested }) => ({
  parameters: ['value', 'columns', 'position', 'tools'],
  body: `
    let index = 0;
    for (const key in value) {
      switch (index++) {
        ${keys.map((key, index) => `case ${index}: if (key !== ${JSON.stringify(key)}) return -1; break;`).join('\n')}
        default: return -1;
      }
    }
    if (index !== ${keys.length}) return -1;
    let characters = 0;
    const walk = ${nested.includes(true) ? '{ seen: undefined }' : 'undefined'};
    ${keys.map((key, index) => readProperty(key, index, nested[index] === true)).join('\n')}
    return characters;`,
}));

function readProperty(key: string, index: number, isNested: boolean): string {
  const value = `value[${JSON.stringify(key)}]`;
  const read = isNested
    ? `const v${index} = tools.toText(${value}, value, walk);
       if (v${index} === undefined) return -1;
       characters += v${index}.length;`
    : `const v${index} = ${value};
       if (typeof v${index} === 'string') characters += v${index}.length;
       else if (typeof v${index} !== 'number' && !tools.isPrimitive(v${index})) return -1;`;
  return `${read}\ncolumns[${index}][position] = v${index};`;
}

/** What takes in objects of a shape. */
export function readerFor(shape: Shape): ShapeReader {
  const code = readers.for(shape);
  return code === undefined
    ? (...args) => readByKeys(shape, ...args)
    : (value, columns, position) => code(value, columns, position, TOOLS);
}

function readByKeys({ keys, nested }: Shape, ...[value, columns, position]: Parameters<ShapeReader>): number {
  let index = 0;
  let characters = 0;
  let walk: Walk | undefined;
  for (const key in value) {
    if (key !== keys[index]) return -1;
    let property = value[key];
    if (nested[index] === true) {
      property = exactJsonOf(property, value, (walk ??= { seen: undefined }));
      if (property === undefined) return -1;
    } else if (!isPrimitive(property)) {
      return -1;
    }
    if (typeof property === 'string') characters += property.length;
    (columns[index] as unknown[])[position] = property;
    index++;
  }
  return index === keys.length ? characters : -1;
}
