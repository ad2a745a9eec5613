import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextResults } from '../src/run-results.ts';
import { range } from './helpers/rows.ts';
import { textRowsOf } from './helpers/text-rows.ts';

test('TextResults: are the results of all texts, and any part of them', () => {
  const some = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(some, fc.nat(12), fc.nat(12), (texts, one, other) => {
      const from = Math.min(one, other, texts.length);
      const to = Math.min(Math.max(one, other), texts.length);
      const results = new TextResults(textRowsOf(texts));
      const expected = texts.map((value) => ({ status: 'success', value }));
      expect({ count: results.count, errors: results.errors }).toEqual({ count: texts.length, errors: 0 });
      expect(range(texts.length).map((index) => results.at(index))).toEqual(expected);
      expect(results.list()).toEqual(expected);
      expect(results.textsIn(from, to).list()).toEqual(texts.slice(from, to));
    }),
  );
});
