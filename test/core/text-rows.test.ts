import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode } from '../../src/core/codec.ts';
import { decodeBlock, toBlock } from '../../src/core/column-block.ts';
import { joinConsecutive } from '../../src/core/snapshot.ts';
import { TextGroup, textRowsIn } from '../../src/core/text-rows.ts';
import { textRowsOf } from '../helpers/text-rows.ts';

/** At least one text, and a range of them. */
const textsAndRange = fc
  .array(fc.string({ unit: fc.constantFrom('a', '\n', '"', '€', '\ud800') }), { minLength: 1 })
  .chain((texts) => fc.tuple(fc.constant(texts), fc.nat(texts.length), fc.nat(texts.length)))
  .map(([texts, one, other]) => ({ texts, from: Math.min(one, other), to: Math.max(one, other) }));

describe('TextRows', () => {
  test('a part is these texts, each of them and all of them joined', () => {
    fc.assert(
      fc.property(textsAndRange, ({ texts, from, to }) => {
        const expected = texts.slice(from, to);
        const part = textRowsOf(texts).part(0, to).part(from, to);
        expect(part.size).toBe(expected.length);
        expect(expected.map((_, index) => part.at(index))).toEqual(expected);
        expect(part.joined).toBe(expected.join('\n'));
      }),
    );
  });

  test('cross a boundary as a block like any other', () => {
    fc.assert(
      fc.property(textsAndRange, ({ texts, from, to }) => {
        const expected = texts.slice(from, to);
        const block = structuredClone(textRowsOf(texts).part(from, to).block());
        if (from < to)
          expect(block).toEqual(toBlock(undefined, [{ values: texts, nested: false }], { from, to }));
        expect(decodeBlock(block)).toEqual(expected);
        const back = textRowsIn(block);
        expect(expected.map((_, index) => back?.at(index))).toEqual(expected);
      }),
    );
  });

  test('are not found in a block of anything else', () => {
    const blockOf = (keys: readonly string[] | undefined, values: readonly unknown[]) =>
      textRowsIn(toBlock(keys, [{ values, nested: false }], { from: 0, to: values.length }));
    expect(blockOf(undefined, ['a', 1])).toBeUndefined();
    expect(blockOf(undefined, [1, 2])).toBeUndefined();
    expect(blockOf(['key'], ['a', 'b'])).toBeUndefined();
  });
});

describe('TextGroup', () => {
  const texts = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

  test('joins those that are many as a block, and few each by itself', () => {
    const group = new TextGroup(textRowsOf(texts), 100);
    const snapshots = texts.map(() => group);
    expect(joinConsecutive(snapshots, { from: 1, to: 9, position: 101 })).toEqual(
      textRowsOf(texts.slice(1, 9)).block(),
    );
    const few = joinConsecutive(snapshots, { from: 1, to: 3, position: 101 }) as readonly unknown[];
    expect(few.map(decode)).toEqual(['1', '2']);
  });
});
