import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromStored, isTaggedText, taggedText, toStoredText } from '../../src/audit/tagged-json.ts';
import { encode } from '../../src/core/codec.ts';
import { hasEscapedKey } from '../../src/core/json.ts';
import { cloneable, shapeOf } from '../core/arbitrary-values.ts';

const noPayloads = (): never => {
  throw new Error('has none');
};

/** What is read back of what was stored for a value. */
function roundTrip(value: unknown): unknown {
  return fromStored(JSON.parse(toStoredText(encode(value))), noPayloads);
}

describe('toStoredText and fromStored', () => {
  test('any value that structured clone carries comes back alike', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        expect(shapeOf(roundTrip(value))).toEqual(shapeOf(structuredClone(value)));
      }),
      { numRuns: 500 },
    );
  });

  test('JSON stands as it is, unless it has a key that JSON.parse may misread', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        fc.pre(!JSON.stringify(value).includes('$tagged') && !JSON.stringify(value).includes('-0'));
        fc.pre(!hasEscapedKey(value));
        const clean: unknown = JSON.parse(JSON.stringify(value));
        expect(toStoredText(encode(clean))).toBe(JSON.stringify(clean));
      }),
    );
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, '{"$undefined":true}'],
    ['-0', -0, '{"$number":"-0"}'],
    ['a key with an escape', { '\n': -0, $a: 1 }, '{"$object":[["\\n",{"$number":"-0"}],["$a",1]]}'],
    ['NaN', NaN, '{"$number":"NaN"}'],
    ['-Infinity', -Infinity, '{"$number":"-Infinity"}'],
    ['a BigInt', 12n, '{"$bigint":"12"}'],
    ['a date', new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    ['an invalid date', new Date(NaN), '{"$date":null}'],
    ['a map', new Map([[1, { a: 2n }]]), '{"$map":[[1,{"a":{"$bigint":"2"}}]]}'],
    ['a set', new Set(['a']), '{"$set":["a"]}'],
    ['a regular expression', /a"b/gi, '{"$regexp":["a\\"b","gi"]}'],
    // eslint-disable-next-line no-sparse-arrays
    ['a hole', [1, , 2], '[1,{"$hole":true},2]'],
    ['a value in a plain object', { id: 1, when: undefined }, '{"id":1,"when":{"$undefined":true}}'],
  ])('%s can be read in the file', (_what, value, tree) => {
    expect(toStoredText(encode(value))).toBe(`{"$tagged":${tree}}`);
    expect(shapeOf(roundTrip(value))).toEqual(shapeOf(value));
  });

  test('a list of numbers too long to cross boundaries as text stands as JSON all the same', () => {
    const list = Array.from({ length: 100 }, (_, index) => index / 4);
    expect(toStoredText(encode(list))).toBe(JSON.stringify(list));
  });

  test('the cause of an error is the object that it was, also when it stands elsewhere in the value', () => {
    const cause = { code: 1n };
    const { error, other } = roundTrip({ error: new Error('no', { cause }), other: cause }) as {
      error: Error;
      other: unknown;
    };
    expect(error.cause).toEqual(cause);
    expect(error.cause).toBe(other);
  });

  test('shared references and cycles lead to the same object again', () => {
    const shared = { name: 'shared' };
    const value: Record<string, unknown> = { one: shared, two: [shared], map: new Map([[shared, shared]]) };
    value['self'] = value;
    const back = roundTrip(value) as typeof value & { two: unknown[]; map: Map<unknown, unknown> };
    expect(back['self']).toBe(back);
    expect(back.two[0]).toBe(back['one']);
    expect([...back.map][0]).toEqual([back['one'], back['one']]);
    expect([...back.map.keys()][0]).toBe(back['one']);
  });

  test('views of the same bytes share them afterwards', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const back = roundTrip({ bytes, half: new Uint8Array(bytes.buffer, 2), buffer: bytes.buffer }) as {
      bytes: Uint8Array;
      half: Uint8Array;
      buffer: ArrayBuffer;
    };
    expect([...back.bytes, ...back.half]).toEqual([1, 2, 3, 4, 3, 4]);
    expect(back.half.buffer).toBe(back.bytes.buffer);
    expect(back.buffer).toBe(back.bytes.buffer);
  });

  test('bytes beside readable values leave these readable', () => {
    const text = toStoredText(encode({ id: 7, image: new Uint8Array([1, 2]) }));
    expect(text).toMatch(/^\{"\$tagged":\{"id":7,"image":\{"\$v8":"[\w+/=]+"\}\}\}$/);
  });

  test.each<[string, unknown]>([
    ['the mark alone', { $tagged: 1 }],
    ['the mark with a tag', { $tagged: { $undefined: true } }],
    ['the mark as the text would have it', JSON.parse('{"$tagged":{"$payload":"00"}}')],
    ['tags in a value that is tagged for another reason', { $date: 1, $$date: 2n, a: { $ref: 0 } }],
    ['a list of tags', [{ $map: [[1, 2]] }, { $v8: 'x' }, undefined]],
    ['__proto__', JSON.parse('{"__proto__":{"a":1},"$b":[1]}')],
    ['__proto__ beside what JSON lacks', { ...JSON.parse('{"__proto__":1}'), b: 1n }],
  ])('our own names in a value are its own: %s', (_what, value) => {
    expect(shapeOf(roundTrip(value))).toEqual(shapeOf(value));
  });

  test('names that look like ours are exact in any place', () => {
    const name = fc.constantFrom('$tagged', '$ref', '$map', '$$', '$', 'a', '__proto__', '0', '$undefined');
    const leaf = fc.constantFrom<unknown>(0, 'x', true, null, undefined, 1n, -0);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaf, fc.dictionary(name, tie('tree')), fc.array(tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(shapeOf(roundTrip(value))).toEqual(shapeOf(structuredClone(value)));
      }),
      { numRuns: 500 },
    );
  });

  test('lone surrogates survive, and the text is well-formed', () => {
    const text = toStoredText(encode({ text: '\ud800', more: 1n }));
    expect(text.isWellFormed()).toBe(true);
    expect(roundTrip(['\udfff', '\ud800'])).toEqual(['\udfff', '\ud800']);
  });

  test('an array with very many holes does not become a long text', () => {
    const sparse: unknown[] = [];
    sparse[50_000_000] = 1;
    expect(toStoredText(encode(sparse)).length).toBeLessThan(1_000);
    expect((roundTrip(sparse) as unknown[]).length).toBe(50_000_001);
  });

  test('a payload stands elsewhere, as what it is', () => {
    const payloads = new Map([['hash', toStoredText(encode({ a: 1n }))]]);
    const read = (text: string) => fromStored(JSON.parse(text), (hash) => payloads.get(hash) ?? '');
    expect(read(taggedText('$payload', 'hash'))).toEqual({ a: 1n });
    expect(read(taggedText('$textPayload', 'hash'))).toBe(payloads.get('hash'));
    expect(read(taggedText('$text', 'no json'))).toBe('no json');
    expect(isTaggedText(taggedText('$text', 'no json'))).toBe(true);
  });

  test('an object with another key beside the tag is what it looks like', () => {
    const object = { $tagged: { $undefined: true }, more: 1 };
    expect(fromStored(object, noPayloads)).toBe(object);
  });

  test('a tag of a newer version is refused by its name', () => {
    expect(() => fromStored({ $tagged: { $newer: 1 } }, noPayloads)).toThrow(
      `Cannot read value as its tag is unknown: '$newer'`,
    );
  });
});
