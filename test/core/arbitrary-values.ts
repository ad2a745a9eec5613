import fc from 'fast-check';

/** Strings that are awkward to carry as JSON text: quotes in front, lone surrogates, line separators, look-alikes. */
export const awkwardString = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '{', '[', '\ud800', '\udfff', '\u2028', '\0', 'a') }),
  fc.constantFrom('"', '""', 'null', '{}', '[]', '__proto__'),
);

const awkwardKey = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'toJSON', 'constructor', 'length', '0', '10', '', '"', '\ud800'),
  },
);

const awkwardNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, 2 ** 53, -(2 ** 31)),
);

/** Plain data, mostly such that JSON carries it exactly. */
export const jsonLike = fc.anything({
  key: awkwardKey,
  values: [fc.constantFrom(null, true, false), awkwardString, fc.integer(), fc.double()],
  withNullPrototype: true,
  maxDepth: 4,
  maxKeys: 5,
});

/** Any value that structured clone can carry, as a tree. */
export const cloneableTree = fc.anything({
  key: awkwardKey,
  values: [fc.constantFrom(undefined, null, true, false), awkwardString, awkwardNumber, fc.bigInt()],
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  maxDepth: 4,
  maxKeys: 5,
});

/** Numbers in long lists, which are not carried as text. */
const numbers = fc.array(awkwardNumber, { minLength: 60, maxLength: 70 });

const special = fc.oneof(
  numbers,
  fc.string().map((message) => Object.assign(new RangeError(message), { cause: message })),
  fc.constantFrom('', 'gi').map((flags) => new RegExp('a"b', flags)),
  fc.uint8Array().map((bytes) => bytes.buffer),
  fc.array(fc.anything()).map((items) => Object.assign(items, { extra: 1 })),
);

/** Where one more reference between two objects of a value goes. */
interface Link {
  readonly from: number;
  readonly to: number;
}

const link: fc.Arbitrary<Link> = fc.record({ from: fc.nat(), to: fc.nat() });

/** Any value that structured clone can carry, with objects that occur twice and cycles. */
export const cloneable: fc.Arbitrary<unknown> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: cloneableTree },
      { weight: 3, arbitrary: jsonLike },
      { weight: 1, arbitrary: special },
      { weight: 1, arbitrary: fc.array(special, { maxLength: 3 }) },
    ),
    fc.oneof(
      { weight: 2, arbitrary: fc.constant<Link[]>([]) },
      { weight: 1, arbitrary: fc.array(link, { maxLength: 3 }) },
    ),
  )
  .map(([value, links]) => {
    const objects = objectsIn(value);
    links.forEach(({ from, to }, index) => {
      if (objects.length > 0)
        addReference(objects[from % objects.length]!, objects[to % objects.length]!, index);
    });
    return value;
  });

function addReference(container: object, target: object, index: number): void {
  if (Array.isArray(container)) container.push(target);
  else if (container instanceof Map) container.set(index, target);
  else if (container instanceof Set) container.add(target);
  else if (!ArrayBuffer.isView(container)) Object.assign(container, { [`link${index}`]: target });
}

/** All objects of a value, each once, in the order in which a walk meets them. */
function objectsIn(value: unknown): object[] {
  const met = new Set<object>();
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null || met.has(item)) return;
    met.add(item);
    for (const child of childrenOf(item)) visit(child);
  };
  visit(value);
  return [...met];
}

/** What a walk meets in an object: its keys and values, in their order. */
function childrenOf(value: object): unknown[] {
  if (value instanceof Map || value instanceof Set) return [...value].flat();
  if (ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flat();
}

/**
 * A flat description of a value: types, contents, holes, order of keys, and which references lead to the same object.
 * Two values have equal descriptions when structured clone would carry them alike.
 */
export function shapeOf(value: unknown): unknown[] {
  const numbers = new Map<object, number>();
  const shape: unknown[] = [];
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) {
      shape.push(item);
      return;
    }
    const known = numbers.get(item);
    if (known === undefined) {
      numbers.set(item, numbers.size);
      shape.push(Object.prototype.toString.call(item), classOf(item), ...contentOf(item));
      for (const child of childrenOf(item)) visit(child);
    } else shape.push(`object ${known}`);
  };
  visit(value);
  return shape;
}

function classOf(value: object): unknown {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype?.constructor;
}

/** What an object is beyond the keys and values that a walk meets. */
function contentOf(value: object): unknown[] {
  if (Array.isArray(value)) return [value.length];
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof Error) return [value.name, value.message, value.stack];
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return [value.valueOf()];
  return [];
}

/** Changes every object in a value that can be changed. */
export function scribbleOver(value: unknown): void {
  for (const item of objectsIn(value)) {
    if (item instanceof Map || item instanceof Set) item.clear();
    else if (item instanceof Date) item.setTime(1);
    else if (item instanceof Uint8Array) item.fill(7);
    else if (!ArrayBuffer.isView(item)) {
      Reflect.set(item, 'scribble', 'changed');
      Reflect.set(item, '0', 'changed');
    }
  }
}
