import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextResults } from '../src/run-results.ts';
import { range } from './helpers/rows.ts';
import { listTexts, textRowsOf } from './helpers/text-rows.ts';

test('TextResults: are the results of all texts, in however many pieces, and any part of them', () => {
  const pieces = fc.array(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(pieces, fc.nat(16), fc.nat(16), (parts, one, other) => {
      const texts = parts.flat();
      const from = Math.min(one, other, texts.length);
      const to = Math.min(Math.max(one, other), texts.length);
      const results = new TextResults(parts.map(textRowsOf));
      const expected = texts.map((value) => ({ status: 'success', value }));
      expect({ count: results.count, errors: results.errors }).toEqual({ count: texts.length, errors: 0 });
      expect(range(texts.length).map((index) => results.at(index))).toEqual(expected);
      expect(results.list()).toEqual(expected);
      expect(results.textsIn(from, to).flatMap(listTexts)).toEqual(texts.slice(from, to));
      expect(() => results.at(texts.length)).toThrow(`result ${texts.length}`);
    }),
  );
});
