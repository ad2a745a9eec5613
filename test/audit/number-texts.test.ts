import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NumberTexts } from '../../src/audit/number-texts.ts';
import { runs } from '../helpers/runs.ts';

const FIRST_EPOCH = 2 ** 40;
const LAST_EPOCH = 2 ** 41;

const epoch = fc
  .record({ whole: fc.integer({ min: FIRST_EPOCH, max: LAST_EPOCH - 1 }), part: fc.nat({ max: 4_095 }) })
  .map(({ whole, part }) => whole + part / 4_096);

/** The time between two such. */
const span = fc
  .record({ whole: fc.nat({ max: 100_000 }), part: fc.nat({ max: 4_095 }) })
  .map(({ whole, part }) => whole + part / 4_096);

describe('NumberTexts', () => {
  test('textOf: gives any numbers, in any order, as String does', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(epoch, span, fc.double(), fc.integer())), (numbers) => {
        const texts = new NumberTexts();
        expect(numbers.map((number) => texts.textOf(number))).toEqual(numbers.map(String));
      }),
      { numRuns: runs(300, 5_000) },
    );
  });

  test('textOf: gives every fraction of an epoch time as String does', () => {
    const texts = new NumberTexts();
    for (let part = 0; part < 4_096; part++) {
      const first = FIRST_EPOCH + part / 4_096;
      const last = LAST_EPOCH - 1 + part / 4_096;
      const now = 1_795_881_600_123 + part / 4_096;
      expect([first, last, now].map((number) => texts.textOf(number))).toEqual(
        [first, last, now].map(String),
      );
    }
  });

  test('textOf: gives every fraction of a span as String does', () => {
    const texts = new NumberTexts();
    for (const whole of [0, 1, 9, 4_095, 32_767, 65_535, 65_536]) {
      const spans = Array.from({ length: 4_096 }, (_, part) => whole + part / 4_096);
      expect(spans.map((number) => texts.textOf(number))).toEqual(spans.map(String));
    }
    expect(texts.textOf(-0)).toBe('0');
  });
});
