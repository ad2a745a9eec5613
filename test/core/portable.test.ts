import { describe, expect, test } from 'vitest';
import { ensurePortable, ensureRecordable, withPortableDetails } from '../../src/core/portable.ts';
import { wasmModule } from '../helpers/wasm-module.ts';

const cyclic: unknown[] = [
  { a: null, b: new Date(0), c: /x/, d: 1n, e: Object(true) as unknown, f: new Error('x') },
];
cyclic.push(
  cyclic,
  new Map([[cyclic, new Set([new Uint8Array(2).buffer, new DataView(new ArrayBuffer(1))])]]),
);

const HANDLES: readonly (readonly [name: string, make: () => unknown])[] = [
  ['SharedArrayBuffer', () => new SharedArrayBuffer(1)],
  ['Blob', () => new Blob(['text'])],
  ['Module', wasmModule],
];
/** Places in which one thing can be. */
const PLACES: readonly ((thing: unknown) => unknown)[] = [
  (thing) => thing,
  (thing) => [1, { thing }],
  (thing) => new Map([['key', new Set([thing])]]),
  (thing) => new Map([[thing, 'value']]),
  (thing) => new Error('x', { cause: { thing } }),
];

describe('ensurePortable', () => {
  test('takes data, also where it is a circle', () => {
    for (const value of [1, 'text', null, undefined, cyclic, { __proto__: null, a: 1 }, new Float64Array(2)])
      expect(() => ensureRecordable(structuredClone(value))).not.toThrow();
  });

  test.for(HANDLES)('refuses a %s, wherever it is', ([name, make]) => {
    for (const place of PLACES) {
      expect(() => ensureRecordable(structuredClone(place(make())))).toThrow(
        `a ${name} is no data: it can neither be put on record nor be taken to another process`,
      );
    }
  });

  test('views of shared memory: only where their content is copied', () => {
    const view = [new Uint8Array(new SharedArrayBuffer(1))];
    expect(() => ensurePortable(view, { sharedViews: true })).not.toThrow();
    expect(() => ensurePortable(view, { sharedViews: false })).toThrow('a SharedArrayBuffer is no data');
  });
});

test('withPortableDetails: leaves out what can not be recorded, and says so', () => {
  const error = { code: 'transform_error', message: 'no', details: { a: 1 } } as const;
  expect(withPortableDetails(error, ensureRecordable)).toBe(error);
  const why =
    '(left out: a Blob is no data: it can neither be put on record nor be taken to another process)';
  const cause = { ...error, details: new Blob([]) };
  expect(withPortableDetails({ ...error, cause }, ensureRecordable)).toEqual({
    ...error,
    details: why,
    cause: { ...cause, details: why },
  });
});
