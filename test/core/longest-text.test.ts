import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeList, encode, isJoinedText, joinEncoded, textsIn } from '../../src/core/codec.ts';
import { LONGEST_TEXT, piecesOf } from '../../src/core/longest-text.ts';
import { runs } from '../helpers/runs.ts';

const sum = (lengths: readonly number[]) => lengths.reduce((total, length) => total + length, 0);

/** Texts of which several make a piece, and some are more than one. */
const lengths = fc.array(
  fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: LONGEST_TEXT / 2 }), fc.nat({ max: 2 * LONGEST_TEXT })),
  { maxLength: 20 },
);

describe('piecesOf', () => {
  test('cuts a list without a gap into pieces that are as long as they may be', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 10 }), (list, most) => {
        const pieces = piecesOf(list, most);
        expect(pieces.flatMap(({ from, to }) => list.slice(from, to))).toEqual(list);
        for (const { from, to } of pieces) {
          expect(to - from).toBeGreaterThan(0);
          expect(to - from).toBeLessThanOrEqual(most);
          if (to - from > 1) expect(sum(list.slice(from, to))).toBeLessThanOrEqual(LONGEST_TEXT);
          const mayGoOn = to < list.length && to - from < most;
          if (mayGoOn) expect(sum(list.slice(from, to + 1))).toBeGreaterThan(LONGEST_TEXT);
        }
      }),
      { numRuns: runs(300, 3_000) },
    );
  });

  test('a piece may be just as long as the longest text', () => {
    const half = LONGEST_TEXT / 2;
    expect(piecesOf([half, half, half])).toEqual([
      { from: 0, to: 2 },
      { from: 2, to: 3 },
    ]);
  });
});

describe('joinEncoded', () => {
  test('gives what it was given, in one text or several, none of which is too long without need', () => {
    fc.assert(
      fc.property(lengths, (list) => {
        const values = list.map((length, index) => [index, 'x'.repeat(length)]);
        const encoded = values.map(encode) as readonly string[];
        const joined = joinEncoded(encoded);
        expect(decodeList(joined)).toEqual(values);
        expect(isJoinedText(joined)).toBe(true);
        for (const text of typeof joined === 'string' ? [joined] : (joined as { parts: string[] }).parts) {
          const isAlone = decodeList(text).length === 1;
          if (!isAlone) expect(text.replaceAll(/[[\],\d"]/g, '').length).toBeLessThanOrEqual(LONGEST_TEXT);
        }
        expect(
          textsIn(
            joined,
            encoded.map(({ length }) => length),
          ),
        ).toEqual(encoded);
        expect(typeof joined === 'string').toBe(sum(encoded.map(({ length }) => length)) <= LONGEST_TEXT);
      }),
      { numRuns: runs(30, 500) },
    );
  });

  test('values that are not all JSON text stay apart', () => {
    const encoded = [encode({ a: 1 }), encode('text'), encode(new Map())];
    const joined = joinEncoded(encoded);
    expect(joined).toEqual(encoded);
    expect(isJoinedText(joined)).toBe(false);
    expect(isJoinedText({ parts: ['[1]', joined] })).toBe(false);
    expect(textsIn(joined, [7, 5, 1])).toEqual([]);
  });
});
