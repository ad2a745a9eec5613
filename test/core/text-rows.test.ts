import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, decodeList, type EncodedList } from '../../src/core/codec.ts';
import { LONGEST_TEXT } from '../../src/core/longest-text.ts';
import { joinConsecutive } from '../../src/core/snapshot.ts';
import { TextGroup } from '../../src/core/text-group.ts';
import { textRowsOf } from '../helpers/text-rows.ts';

/** At least one text, and a range of them. */
const textsAndRange = fc
  .array(fc.string({ unit: fc.constantFrom('a', '\n', '"', 'é', '€', '😀') }), { minLength: 1 })
  .chain((texts) => fc.tuple(fc.constant(texts), fc.nat(texts.length), fc.nat(texts.length)))
  .map(([texts, one, other]) => ({ texts, from: Math.min(one, other), to: Math.max(one, other) }));

describe('TextRows', () => {
  test('a part is these texts, each of them and all of them', () => {
    fc.assert(
      fc.property(textsAndRange, ({ texts, from, to }) => {
        const expected = texts.slice(from, to);
        const part = textRowsOf(texts).part(0, to).part(from, to);
        expect(part.size).toBe(expected.length);
        expect(expected.map((_, index) => part.at(index))).toEqual(expected);
        expect(part.list()).toEqual(expected);
        expect(Buffer.from(part.bytes).toString()).toBe(expected.map((text) => `${text}\n`).join(''));
      }),
    );
  });

  test('cross a boundary as what they are, in shared memory', () => {
    fc.assert(
      fc.property(textsAndRange, ({ texts, from, to }) => {
        const sent: EncodedList = { texts: textRowsOf(texts).part(from, to).block };
        const received = structuredClone(sent);
        expect(decodeList(received)).toEqual(texts.slice(from, to));
        expect(received.texts.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
        expect(received.texts.ends.buffer).toBeInstanceOf(SharedArrayBuffer);
      }),
    );
  });

  test('are listed as they are where they are too long to be decoded together', () => {
    const texts = [
      'x'.repeat(LONGEST_TEXT),
      'é'.repeat(LONGEST_TEXT),
      '',
      'a',
      'y'.repeat(LONGEST_TEXT - 1),
      'b',
    ];
    expect(textRowsOf(texts).list()).toEqual(texts);
  });
});

describe('TextGroup', () => {
  const texts = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

  test('joins those that are many as a block, and few each by itself', () => {
    const group = new TextGroup(textRowsOf(texts), 100);
    const snapshots = texts.map(() => group);
    const many = joinConsecutive(snapshots, { from: 1, to: 9, position: 101 });
    expect(many).toHaveProperty('texts');
    expect(decodeList(many)).toEqual(texts.slice(1, 9));
    const few = joinConsecutive(snapshots, { from: 1, to: 3, position: 101 }) as readonly unknown[];
    expect(few.map(decode)).toEqual(['1', '2']);
  });
});
