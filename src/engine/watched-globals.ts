import type { Watched, WatchedObjects } from './property-watch.ts';

/**
 * When a worker looks whether rows have changed what they share with the rows after them: as often as some 1% of the rows'
 * time allows, which may be after many (`'sampled'`); after each row, at some 0.1 ms, so that no other row meets the change
 * and the one that made it is known (`'each-row'`); or never (`'off'`).
 */
export type GlobalsWatch = 'sampled' | 'each-row' | 'off';

/** The language's own, each with its prototype where it has one; some of Node's go with them. */
const INTRINSICS = [
  ...['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'BigInt', 'Date', 'RegExp'],
  ...['Error', 'TypeError', 'RangeError', 'Promise', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef'],
  ...['ArrayBuffer', 'DataView', 'Uint8Array', 'Float64Array', 'Iterator', 'JSON', 'Math', 'Reflect', 'Intl'],
  ...['Atomics', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'Buffer'],
];

/** Globals of which it counts that another value takes their place. */
const GLOBALS = new Set<unknown>([
  ...INTRINSICS,
  ...['parseFloat', 'parseInt', 'isFinite', 'isNaN', 'encodeURIComponent', 'decodeURIComponent', 'Proxy'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'],
  ...[
    'queueMicrotask',
    'structuredClone',
    'fetch',
    'console',
    'process',
    'performance',
    'crypto',
    'navigator',
  ],
  ...['AbortController', 'AbortSignal', 'Event', 'EventTarget'],
]);

/**
 * What rows share with the rows that come after them on their worker. To be asked for before any code of the user's runs:
 * what that puts on `globalThis` counts, what it puts into objects of its own does not.
 */
export function watchedGlobals(): WatchedObjects {
  const before = new Set<unknown>(Object.getOwnPropertyNames(globalThis));
  const values = new Set<unknown>(Object.getOwnPropertyNames(process).filter((key) => !isMethod(key)));
  const objects: readonly Watched[] = [
    {
      name: 'globalThis',
      object: globalThis,
      // Node makes others, such as `FormData`, when they are first looked at, which takes long. By symbols libraries
      // keep what is theirs, and Node too: nobody else comes across it.
      counts: (key) => typeof key === 'string' && (GLOBALS.has(key) || !before.has(key)),
      readable: ['process', 'Buffer', 'performance'],
    },
    ...INTRINSICS.flatMap(withPrototype),
    ...hiddenIntrinsics(),
    { name: 'console', object: console, counts: isPublic },
    {
      name: 'process',
      object: process,
      counts: (key) => isPublic(key) && (key === 'env' || !values.has(key)),
    },
  ];
  return { objects, slowObjects: [{ name: 'process.env', object: process.env }] };
}

function isMethod(key: string | symbol): boolean {
  return typeof Reflect.getOwnPropertyDescriptor(process, key)?.value === 'function';
}

function withPrototype(name: string): readonly Watched[] {
  const object = (globalThis as Record<string, unknown>)[name] as { prototype?: object } | undefined;
  if (object === undefined) return []; // an older Node does not have it
  const { prototype } = object;
  return [{ name, object }, ...(prototype ? [{ name: `${name}.prototype`, object: prototype }] : [])];
}

/** Those that have no name of their own. */
function hiddenIntrinsics(): readonly Watched[] {
  const TypedArray = Object.getPrototypeOf(Uint8Array) as { prototype: object };
  const prototypeOf = (value: object) => Object.getPrototypeOf(value) as object;
  return [
    { name: 'TypedArray', object: TypedArray },
    { name: 'TypedArray.prototype', object: TypedArray.prototype },
    { name: 'ArrayIterator.prototype', object: prototypeOf([][Symbol.iterator]()) },
    { name: 'Generator.prototype', object: prototypeOf(prototypeOf(emptyGenerator())) },
  ];
}

function* emptyGenerator(): Generator<never> {
  // nothing
}

/** What starts with an underscore, and symbols, Node keeps for itself and changes as it goes. */
function isPublic(key: string | symbol): boolean {
  return typeof key === 'string' && !key.startsWith('_');
}
