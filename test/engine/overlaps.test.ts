import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Overlaps } from '../../src/engine/overlaps.ts';

const span = fc
  .record({ start: fc.nat(40), length: fc.integer({ min: 1, max: 10 }), group: fc.nat(1), told: fc.nat(100) })
  .map(({ start, length, group, told }) => ({ start, end: start + length, group, told }));

test('Overlaps: the highest figure is that of a look at every instant, in whatever order the spans are told', () => {
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 15 }), (spans) => {
      const overlaps = new Overlaps();
      const open = spans.map((one) => ({ ...one, open: overlaps.open(one.start) }));
      const told = open
        .toSorted((a, b) => a.told - b.told)
        .map(({ open, group, start, end }) => ({ group, ...overlaps.close(open, group, start, end) }));
      const at = (instant: number, group?: number) =>
        spans.filter(
          (one) => one.start <= instant && one.end > instant && (group === undefined || one.group === group),
        ).length;
      const instants = spans.map(({ start }) => start);
      expect(Math.max(...told.map(({ overall }) => overall))).toBe(Math.max(...instants.map((i) => at(i))));
      for (const group of new Set(spans.map((one) => one.group))) {
        const figures = told.filter((one) => one.group === group).map(({ inGroup }) => inGroup);
        expect(Math.max(...figures)).toBe(Math.max(...instants.map((instant) => at(instant, group))));
      }
    }),
  );
});

test('Overlaps: what nothing came of counts for nothing', () => {
  const overlaps = new Overlaps();
  const [lost, other] = [overlaps.open(0), overlaps.open(0)];
  overlaps.forget(lost);
  expect(overlaps.close(other, 1, 2, 3)).toEqual({ overall: 1, inGroup: 1 });
});
