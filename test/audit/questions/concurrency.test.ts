import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeConcurrency, STRETCHES } from '../../../src/audit/questions/concurrency.ts';
import { Spans } from '../../../src/audit/questions/spans.ts';

type Span = readonly [start: number, end: number];

function spansOf(list: readonly Span[]): Spans {
  const spans = new Spans();
  for (const [start, end] of list) spans.add(start, end);
  return spans;
}

const anySpans = fc.array(
  fc.tuple(fc.nat(30), fc.nat(10)).map(([start, length]): Span => [start, start + length]),
  { minLength: 1, maxLength: 40 },
);

/** The straightforward count: how many spans there are at each of some moments. */
function highestAt(
  list: readonly Span[],
  moments: readonly number[],
  isIn: (span: Span, at: number) => boolean,
) {
  return Math.max(...moments.map((at) => list.filter((span) => isIn(span, at)).length));
}

describe('Spans', () => {
  test('most: the highest number at any moment between two ends', () => {
    fc.assert(
      fc.property(anySpans, (list) => {
        const halves = Array.from({ length: 41 }, (_, index) => index + 0.5);
        expect(spansOf(list).most()).toBe(
          highestAt(list, halves, ([start, end], at) => start < at && at < end),
        );
      }),
    );
  });

  test('mostTouching: the highest number at any moment, ends included', () => {
    fc.assert(
      fc.property(anySpans, (list) => {
        const starts = list.map(([start]) => start);
        expect(spansOf(list).mostTouching()).toBe(
          highestAt(list, starts, ([start, end], at) => start <= at && at <= end),
        );
      }),
    );
  });

  test('rows one after another are never two at once, those that share a moment may be', () => {
    const spans = spansOf([
      [0, 5],
      [5, 9],
    ]);
    expect(spans.most()).toBe(1);
    expect(spans.mostTouching()).toBe(2);
  });

  test('append: as if they had been added one by one', () => {
    const spans = spansOf([[0, 5]]);
    spans.append(
      spansOf([
        [3, 8],
        [4, 6],
      ]),
    );
    expect(spans.count).toBe(3);
    expect(spans.most()).toBe(3);
  });
});

describe('describeConcurrency', () => {
  test('the time at all levels is the whole time, and the running time is that of the spans', () => {
    fc.assert(
      fc.property(anySpans, (list) => {
        const { msAtLevel, spanMs, highest, overTime } = describeConcurrency(spansOf(list));
        const total = list.reduce((sum, [start, end]) => sum + end - start, 0);
        expect(msAtLevel.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(spanMs, 6);
        expect(msAtLevel.reduce((sum, ms, level) => sum + ms * level, 0)).toBeCloseTo(total, 6);
        if (spanMs === 0) return;
        const mean = overTime.reduce((sum, value) => sum + value, 0) / STRETCHES;
        expect(mean * spanMs).toBeCloseTo(total, 6);
        expect(Math.max(...overTime)).toBeLessThanOrEqual(highest + 1e-9);
      }),
    );
  });

  test('nothing ran', () => {
    expect(describeConcurrency(new Spans())).toEqual({ highest: 0, spanMs: 0, msAtLevel: [], overTime: [] });
  });
});
