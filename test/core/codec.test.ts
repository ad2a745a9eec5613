import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decode,
  decodeCopy,
  decodeList,
  encode,
  exactJsonOf,
  joinEncoded,
  jsonTextOf,
} from '../../src/core/codec.ts';
import { LONGEST_TEXT } from '../../src/core/longest-text.ts';
import { awkwardString, cloneable, jsonLike, scribbleOver, shapeOf } from './arbitrary-values.ts';

function expectSame(actual: unknown, expected: unknown): void {
  expect(shapeOf(actual)).toStrictEqual(shapeOf(expected));
}

const isText = (encoded: unknown) => typeof encoded === 'string';

describe('encode and decode', () => {
  test('decode(encode(x)) equals structuredClone(x) for any value that can be cloned', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        expectSame(decode(encode(value)), structuredClone(value));
      }),
      { numRuns: 1_000 },
    );
  });

  test('the encoded value survives a boundary', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        expectSame(decode(structuredClone(encode(value))), structuredClone(value));
      }),
      { numRuns: 300 },
    );
  });

  test('the encoded value does not change with the original', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        const before = structuredClone(value);
        const encoded = encode(value);
        scribbleOver(value);
        expectSame(decode(encoded), before);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['-0', -0],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['a bigint', 10n ** 30n],
    ['the empty string', ''],
    ['a quote', '"'],
    ['text that looks like JSON', '{"a":1}'],
    ['a quoted text', '"a"'],
    ['a lone surrogate', '\ud800'],
    ['a hole', new Array(1)],
    ['a hole made up for by an extra property', Object.assign(new Array(1), { extra: 1 })],
    ['a hole among items', [1, , 3]], // eslint-disable-line no-sparse-arrays
    ['an array with an extra property', Object.assign([1], { extra: 1 })],
    ['an array that holds undefined', [undefined]],
    ['a property that is undefined', { a: undefined }],
    ['-0 within', { a: [-0] }],
    ['NaN within', [NaN]],
    ['Infinity within', { a: Infinity }],
    ['a bigint within', [1n]],
    ['a Date within', { a: new Date(5) }],
    ['a Map', new Map([[{ a: 1 }, new Set([1])]])],
    ['a boxed number', Object(5)],
    ['a boxed string within', [Object('a')]],
    ['a null prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['an own __proto__', JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":null}}')],
    ['a property called toJSON', { toJSON: 1 }],
    ['an instance of a class', new (class A { a = 1; })()], // prettier-ignore
    ['a subclass of Array', new (class A extends Array<number> {})(3)],
    ['a list that iterates otherwise', new (class A extends Array<unknown> { override *[Symbol.iterator](): ArrayIterator<unknown> { yield* []; } })(2).fill(undefined)], // prettier-ignore
    ['an error', new TypeError('no', { cause: [1] })],
    ['symbol keys', { a: 1, [Symbol('s')]: 2 }],
    ['a property that does not show', Object.defineProperty({ a: 1 }, 'b', { value: 2 })],
    ['an inherited property', Object.create({ a: 1 })],
    ['an object of another realm', runInNewContext('({ a: [1] })')],
    ['an array of another realm', runInNewContext('[{ a: 1 }]')],
    ['many numbers', Array.from({ length: 100 }, (_, index) => index / 3)],
    ['many numbers and a text', [...Array.from({ length: 100 }, (_, index) => index), 'x']],
    ['many texts', Array.from({ length: 100 }, (_, index) => `${index}`)],
  ])('%s comes back as structured clone gives it', (_name, value) => {
    expectSame(decode(encode(value)), structuredClone(value));
  });

  test('an object that occurs twice is one object again', () => {
    const twice = { a: 1 };
    const siblings = decode(encode([twice, twice])) as object[];
    expect(siblings[0]).toBe(siblings[1]);
    const apart = decode(encode({ first: { twice }, second: [[twice]] })) as {
      first: { twice: object };
      second: object[][];
    };
    expect(apart.first.twice).toBe(apart.second[0]![0]);
  });

  test.each([
    ['to the root', (root: { inner: Record<string, unknown> }) => (root.inner['up'] = root)],
    ['to itself', (root: { inner: Record<string, unknown> }) => (root.inner['self'] = root.inner)],
    ['to the root in a list', (root: { inner: Record<string, unknown> }) => (root.inner['list'] = [[root]])],
  ])('a cycle %s comes back as a cycle', (_name, close) => {
    const root = { inner: {} };
    close(root);
    expectSame(decode(encode(root)), structuredClone(root));
  });

  test('a root that contains itself comes back as a cycle', () => {
    const list: unknown[] = [];
    list.push(list);
    const decoded = decode(encode(list)) as unknown[];
    expect(decoded[0]).toBe(decoded);
  });

  test('objects that are equal but not the same do not become one', () => {
    const decoded = decode(encode([{ a: 1 }, { a: 1 }])) as object[];
    expect(decoded[0]).not.toBe(decoded[1]);
  });

  test('a getter is read like a property', () => {
    expectSame(decode(encode({ get a() { return [1]; } })), { a: [1] }); // prettier-ignore
  });

  test('a method toJSON that does not show is not called, as structured clone does not', () => {
    const value = Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'called' });
    expectSame(decode(encode(value)), { a: 1 });
    const list = Object.defineProperty([1], 'toJSON', { value: () => 'called' });
    expectSame(decode(encode([list])), [[1]]);
  });

  test.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a function within', { a: [() => 1] }],
    ['a symbol within', [Symbol('s')]],
    ['a method toJSON', { toJSON: () => 1 }],
    ['a promise', Promise.resolve()],
    ['a WeakMap within a Map', new Map([[1, new WeakMap()]])],
  ])('%s is refused with a DataCloneError', (_name, value) => {
    expect(() => encode(value)).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
  });

  test('what a getter throws comes through', () => {
    const reason = new Error('from the getter');
    const value = {
      get a(): unknown {
        throw reason;
      },
    };
    expect(() => encode(value)).toThrow(reason);
  });
});

describe('encode: what becomes text', () => {
  test('plain data is JSON text, also with a null prototype', () => {
    expect(encode({ a: [1, 'x', null, true, { b: [] }] })).toBe('{"a":[1,"x",null,true,{"b":[]}]}');
    expect(encode(Object.assign(Object.create(null) as object, { a: 1 }))).toBe('{"a":1}');
    expect(encode([])).toBe('[]');
    expect(encode({})).toBe('{}');
    expect(encode([false, 0.5, -1])).toBe('[false,0.5,-1]');
  });

  test('lists of more than 64 numbers are clones, shorter ones and lists of texts are text', () => {
    const numbers = (length: number) => Array.from({ length }, (_, index) => index);
    expect(isText(encode(numbers(64)))).toBe(true);
    expect(isText(encode(numbers(65)))).toBe(false);
    expect(isText(encode({ a: numbers(65) }))).toBe(false);
    expect(isText(encode(numbers(65).map(String)))).toBe(true);
  });

  test('any string is itself behind a mark', () => {
    fc.assert(
      fc.property(awkwardString, (text) => {
        expect(encode(text)).toBe(`"${text}`);
        expect(decode(encode(text))).toBe(text);
      }),
    );
  });

  test('a primitive that is no string is itself', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double(), fc.bigInt(), fc.constantFrom(undefined, null, true, false)),
        (value) => {
          expect(encode(value)).toBe(value);
          expect(decode(value)).toBe(value);
        },
      ),
    );
  });
});

describe('decodeCopy', () => {
  test('gives an equal and separate value each time', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        const encoded = encode(value);
        const first = decodeCopy(encoded);
        const second = decodeCopy(encoded);
        expectSame(first, structuredClone(value));
        scribbleOver(first);
        expectSame(second, structuredClone(value));
        scribbleOver(second);
        expectSame(decodeCopy(encoded), structuredClone(value));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['texts', 'a'],
    ['null', null],
    ['undefined', undefined],
    ['numbers', -0],
  ])('%s', (_name, value) => {
    expect(decodeCopy(encode(value))).toBe(value);
  });
});

describe('jsonTextOf', () => {
  test('is what JSON.stringify gives, for any plain data', () => {
    const exact = jsonLike.filter((value) => isText(encode(value)));
    fc.assert(
      fc.property(exact, (value) => {
        expect(jsonTextOf(encode(value))).toBe(JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });

  test('parses to the value, or is undefined, for any value', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        const text = jsonTextOf(encode(value));
        if (text !== undefined) expectSame(JSON.parse(text), structuredClone(value));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['null', null],
    ['true', true],
    ['-1.5', -1.5],
    ['"a\\"b"', 'a"b'],
    ['{"a":[1]}', { a: [1] }],
  ])('%s', (text, value) => {
    expect(jsonTextOf(encode(value))).toBe(text);
  });

  test.each([undefined, NaN, -0, Infinity, 1n, new Date(0), new Map(), [undefined]])(
    'undefined for %s',
    (value) => {
      expect(jsonTextOf(encode(value))).toBeUndefined();
    },
  );
});

describe('joinEncoded and decodeList', () => {
  test('join to one text when every value is JSON, and stay a list otherwise', () => {
    expect(joinEncoded([encode({ a: 1 }), encode([2])])).toBe('[{"a":1},[2]]');
    expect(joinEncoded([])).toBe('[]');
    for (const other of ['text', 5, null, new Map(), -0]) {
      const list = [encode({ a: 1 }), encode(other)];
      expect(joinEncoded(list)).toBe(list);
    }
  });

  test('give each value as decode does, whatever they are', () => {
    const list = [{ a: 1 }, 'text', '"', 5, undefined, [], new Map([[1, 2]])];
    expect(decodeList(joinEncoded(list.map(encode)))).toEqual(list);
    const json = [{ a: [1, { b: null }] }, [], {}];
    expect(decodeList(joinEncoded(json.map(encode)))).toEqual(json);
  });

  test('many strings cross as few texts, each of which comes back as it was', () => {
    const strings = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '"', '€', '\ud800') }), {
      minLength: 8,
    });
    fc.assert(
      fc.property(strings, (list) => {
        const joined = joinEncoded(list.map(encode));
        expect(joined).toMatchObject({ kinds: ['strings'] });
        expect(decodeList(structuredClone(joined))).toEqual(list);
      }),
    );
    const long = Array.from({ length: 8 }, (_, index) => String(index).repeat(LONGEST_TEXT - 1));
    expect(joinEncoded(long.map(encode))).toMatchObject({ parts: { length: 8 } });
    expect(decodeList(joinEncoded(long.map(encode)))).toEqual(long);
    const few = long.slice(1).map(encode);
    expect(joinEncoded(few)).toBe(few);
  });

  test('a list is decoded by what the caller gives', () => {
    expect(decodeList([encode('a'), encode('b')], (encoded) => [decode(encoded)])).toEqual([['a'], ['b']]);
  });
});

describe('exactJsonOf', () => {
  test.each([
    ['5', 5],
    ['null', null],
    ['"a"', 'a'],
    ['[{"a":1}]', [{ a: 1 }]],
  ])('%s', (text, property) => {
    expect(exactJsonOf(property, { property }, { seen: undefined })).toBe(text);
  });

  test.each([NaN, undefined, [undefined], new Date(0)])('undefined for %s', (property) => {
    expect(exactJsonOf(property, { property }, { seen: undefined })).toBeUndefined();
  });

  test('undefined for what stands in the container twice, or is the container', () => {
    const walk = { seen: undefined };
    const twice = { a: 1 };
    const container = { first: twice, second: twice };
    expect(exactJsonOf(twice, container, walk)).toBe('{"a":1}');
    expect(exactJsonOf(twice, container, walk)).toBeUndefined();
    expect(exactJsonOf(container, container, walk)).toBeUndefined();
  });
});

test('a key that JSON writes with an escape is left to structured clone, as JSON.parse may misread it', () => {
  for (const value of [{ '\n': 1 }, [{ 'a"': 1 }], { a: { '\\': 1 } }]) {
    expect(isText(encode(value))).toBe(false);
    expect(exactJsonOf(value, { value }, { seen: undefined })).toBeUndefined();
  }
  expect(isText(encode({ a: '\n' }))).toBe(true);
});
