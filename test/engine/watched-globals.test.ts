import { beforeEach, describe, expect, test } from 'vitest';
import { PropertyWatch } from '../../src/engine/property-watch.ts';
import { watchedGlobals } from '../../src/engine/watched-globals.ts';

/** What a row may do to a property. */
interface Change {
  readonly object: object;
  readonly key: PropertyKey;
  /** Default: a function that does the same as the one that was there, as a shim would be. */
  readonly to?: unknown;
}

const prototypeOf = (value: object) => Object.getPrototypeOf(value) as object;
function* generator(): Generator<never> {
  // nothing
}

const NOTICED: readonly (readonly [name: string, change: Change])[] = [
  ['globalThis.cache', { object: globalThis, key: 'cache' }],
  ['globalThis.parseInt', { object: globalThis, key: 'parseInt' }],
  ['globalThis.setTimeout', { object: globalThis, key: 'setTimeout' }],
  ['globalThis.fetch', { object: globalThis, key: 'fetch' }],
  ['globalThis.Map', { object: globalThis, key: 'Map' }],
  ['Object.keys', { object: Object, key: 'keys' }],
  ['Object.prototype.polluted', { object: Object.prototype, key: 'polluted' }],
  ['Array.prototype.last', { object: Array.prototype, key: 'last' }],
  ['Array.prototype[Symbol.iterator]', { object: Array.prototype, key: Symbol.iterator }],
  ['Date.now', { object: Date, key: 'now' }],
  ['JSON.parse', { object: JSON, key: 'parse' }],
  ['Math.random', { object: Math, key: 'random' }],
  ['URL.prototype.toString', { object: URL.prototype, key: 'toString' }],
  ['Buffer.prototype.toString', { object: Buffer.prototype as object, key: 'toString' }],
  ['TypedArray.from', { object: prototypeOf(Uint8Array), key: 'from' }],
  ['TypedArray.prototype.fill', { object: prototypeOf(Uint8Array.prototype), key: 'fill' }],
  ['ArrayIterator.prototype.next', { object: prototypeOf([][Symbol.iterator]()), key: 'next' }],
  ['Generator.prototype.next', { object: prototypeOf(prototypeOf(generator())), key: 'next' }],
  ['console.log', { object: console, key: 'log' }],
  ['process.exit', { object: process, key: 'exit' }],
  ['process.cwd', { object: process, key: 'cwd' }],
  ['process.added', { object: process, key: 'added' }],
  ['process.env', { object: process, key: 'env', to: {} }],
  ['process.env.ADDED', { object: process.env, key: 'ADDED', to: 'x' }],
];

const NODES_OWN: readonly (readonly [what: string, change: Change])[] = [
  ['symbols on globalThis', { object: globalThis, key: Symbol.for('some library') }],
  ['globals that Node makes when they are first used', { object: globalThis, key: 'FormData' }],
  ['names in process that begin with an underscore', { object: process, key: '_added' }],
  ['values in process', { object: process, key: 'argv', to: [] }],
  ['names in console that begin with an underscore', { object: console, key: '_times' }],
];

describe('watchedGlobals', () => {
  let watch: PropertyWatch;

  beforeEach(() => {
    watch = new PropertyWatch(watchedGlobals());
  });

  /** What a look finds; nothing else runs before the change is undone. */
  function namesAfter({ object, key, to }: Change): readonly string[] {
    const before = Object.getOwnPropertyDescriptor(object, key);
    const value = to ?? new Proxy((before?.value as object | undefined) ?? (() => undefined), {});
    Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
    try {
      return watch.thoroughLook();
    } finally {
      if (before === undefined) Reflect.deleteProperty(object, key);
      else Object.defineProperty(object, key, before);
    }
  }

  test.each(NOTICED)('a row that changes %s is noticed', (name, change) => {
    expect(namesAfter(change)).toEqual([name]);
    expect(watch.thoroughLook()).toEqual([]);
  });

  test.each(['process', 'Buffer', 'performance'])('a row that assigns to globalThis.%s is noticed', (key) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, key) as PropertyDescriptor;
    const value = Reflect.get(globalThis, key) as object;
    Reflect.set(globalThis, key, new Proxy(value, {}));
    try {
      expect(watch.thoroughLook()).toContain(`globalThis.${key}`);
    } finally {
      Reflect.set(globalThis, key, value);
      Object.defineProperty(globalThis, key, before);
    }
  });

  test.each(NODES_OWN)('%s are not watched', (_, change) => {
    expect(namesAfter(change)).toEqual([]);
  });
});
