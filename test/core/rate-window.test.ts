import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateWindow } from '../../src/core/rate-window.ts';

interface Sample {
  readonly at: number;
  readonly total: number;
}

/** The documented figure from all samples ever kept: since the youngest one that is at least 5 s old, else since the start. */
function rateOf(samples: readonly Sample[], now: number, total: number): number {
  const base = samples.findLast(({ at }) => now - at >= 5_000) ?? samples[0]!;
  return now > base.at ? ((total - base.total) * 1_000) / (now - base.at) : 0;
}

describe('RateWindow', () => {
  test('rate: 0 until time has passed, whatever the total', () => {
    const window = new RateWindow(1_000);
    expect(window.rate(1_000, 50)).toBe(0);
    expect(window.rate(999, 50)).toBe(0);
  });

  test('rate: rows per second since the start while that is less than five seconds ago', () => {
    const window = new RateWindow(1_000);
    expect(window.rate(1_050, 1)).toBe(20);
    expect(window.rate(2_000, 10)).toBe(10);
    expect(window.rate(5_000, 20)).toBe(5);
  });

  test('rate: forgets what is more than five seconds old', () => {
    const window = new RateWindow(0);
    expect(window.rate(1_000, 100)).toBe(100);
    expect(window.rate(5_999, 100)).toBeCloseTo(100 / 5.999, 12);
    expect(window.rate(6_000, 100)).toBe(0);
    expect(window.rate(7_000, 160)).toBe(60_000 / 6_000);
  });

  test('rate: samples less than 100 ms apart are not kept', () => {
    const close = new RateWindow(0);
    close.rate(99, 10);
    expect(close.rate(5_099, 10)).toBeCloseTo(10_000 / 5_099, 12);
    const apart = new RateWindow(0);
    apart.rate(100, 10);
    expect(apart.rate(5_100, 10)).toBe(0);
  });

  test('rate: any sequence of times and totals agrees with the list of all samples', () => {
    const step = fc.record({
      passed: fc.oneof(fc.constantFrom(0, 1, 99, 100, 101, 900, 4_900, 4_999, 5_000, 5_001), fc.nat(1_500)),
      rows: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.nat(10_000), fc.array(step, { maxLength: 60 }), (startedAt, steps) => {
        const window = new RateWindow(startedAt);
        const samples: Sample[] = [{ at: startedAt, total: 0 }];
        let now = startedAt;
        let total = 0;
        for (const { passed, rows } of steps) {
          now += passed;
          total += rows;
          if (now - samples.at(-1)!.at >= 100) samples.push({ at: now, total });
          expect(window.rate(now, total)).toBeCloseTo(rateOf(samples, now, total), 9);
        }
      }),
      { numRuns: 200 },
    );
  });
});
