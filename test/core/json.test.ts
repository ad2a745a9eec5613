import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasEscapedKey, isEscapedKey, parseJson } from '../../src/core/json.ts';
import { awkwardString, shapeOf } from './arbitrary-values.ts';

/** Keys that share their first characters as they stand in JSON text, which is what V8 confuses. */
const confusable = fc.string({
  unit: fc.constantFrom('\\', '"', '\n', '\u0001', '\ud800', 'n', 'u', 'a'),
  maxLength: 3,
});

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(fc.constantFrom(null, true, 1.5), awkwardString),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.oneof(confusable, fc.constantFrom('__proto__', '7', '#0')), tie('tree')), {
        maxLength: 4,
      })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('parseJson', () => {
  test('gives back what JSON.stringify was given, whatever the keys and whatever was parsed before', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(0, 1), (value, indent) => {
        expect(shapeOf(parseJson(JSON.stringify(value, undefined, indent)))).toStrictEqual(shapeOf(value));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a key that V8 misreads once it has met a backslash', () => {
    JSON.parse('{"before":[],"\\\\":0}');
    expect(parseJson('{"before":1,"\\n":2}')).toEqual({ before: 1, '\n': 2 });
  });

  test('a key that occurs twice has its first place and its last value, however it is written', () => {
    const value = parseJson('{"\\u0061":1,"\\n":2,"a":3,"\\u000a":4}');
    expect(JSON.stringify(value)).toBe('{"a":3,"\\n":4}');
  });

  test('throws a SyntaxError for what is no JSON', () => {
    expect(() => parseJson('{"\\n":}')).toThrow(SyntaxError);
  });
});

describe('isEscapedKey, hasEscapedKey', () => {
  test('say what JSON.stringify does', () => {
    fc.assert(
      fc.property(awkwardString, (key) => {
        const isEscaped = JSON.stringify(key) !== `"${key}"`;
        expect(isEscapedKey(key)).toBe(isEscaped);
        expect(hasEscapedKey([{ outer: [{ [key]: key }] }])).toBe(isEscaped);
      }),
    );
  });
});
