import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CongestionWindow } from '../../../src/core/throttle/congestion-window.ts';

function windowOf(most: number): CongestionWindow {
  const window = new CongestionWindow();
  window.resize(most);
  return window;
}

describe('CongestionWindow.cut', () => {
  test('takes one off a large window, and 15 % off a small one', () => {
    const large = windowOf(50);
    large.cut(503, 0);
    expect(large.size).toBe(49);
    const small = windowOf(4);
    small.cut(503, 0);
    expect(small.size).toBeCloseTo(4 * 0.85, 12);
  });

  test('503: not below 0.8, or below what it is already', () => {
    const window = windowOf(1);
    for (let now = 0; now < 20; now++) window.cut(503, now);
    expect(window.size).toBe(0.8);
    for (let now = 20; now < 40; now++) window.cut(429, now);
    const { size } = window;
    expect(size).toBeLessThan(0.1);
    window.cut(503, 40);
    expect(window.size).toBe(size);
  });

  test('429: down to 0.01, and the limit stays 1', () => {
    const window = windowOf(10);
    for (let now = 0; now < 500; now++) window.cut(429, now);
    expect([window.size, window.limit]).toEqual([0.01, 1]);
  });
});

describe('CongestionWindow.grow', () => {
  test.each([
    [1_000, 0.012],
    [7, 0.02 * Math.sqrt(5 / 7)],
    [1, 0.04],
  ])('adds the aimed-at share of a unit: 0.02 * sqrt(5 / w), between 0.012 and 0.04; %d', (size, share) => {
    const window = windowOf(10_000);
    while (window.size > size) window.cut(429, 0);
    const before = window.size;
    window.grow(1);
    expect((window.size - before) / Math.min(1, 0.15 * before)).toBeCloseTo(share, 3);
  });

  test('grows as before for 8 s after a cut, then twice as fast every 2 s', () => {
    const growthAfter = (ms: number) => {
      const window = windowOf(100);
      for (let count = 0; count < 60; count++) window.cut(429, 0);
      const before = window.size;
      window.grow(ms);
      return window.size - before;
    };
    const base = growthAfter(1);
    expect(growthAfter(8_000)).toBe(base);
    expect(growthAfter(10_000) / base).toBeCloseTo(2, 9);
    expect(growthAfter(14_000) / base).toBeCloseTo(8, 9);
    expect(growthAfter(1e9)).toBe(0.5);
  });

  test('never beyond the pool, and by at most half of itself while it is below 1', () => {
    const window = windowOf(2);
    for (let count = 0; count < 100; count++) window.cut(429, 0);
    const { size } = window;
    window.grow(1e9);
    expect(window.size).toBeCloseTo(1.5 * size, 12);
    for (let count = 0; count < 200; count++) window.grow(1e9);
    expect([window.size, window.isFull, window.limit]).toEqual([2, true, 2]);
  });
});

describe('CongestionWindow: stalls and other pools', () => {
  test('cutToOne: one less, not below 1; a window below 1 stays', () => {
    const window = windowOf(3);
    const sizes = [0, 1, 2, 3].map((now) => {
      window.cutToOne(now);
      return window.size;
    });
    expect(sizes).toEqual([2, 1, 1, 1]);
    window.cut(429, 5);
    window.cutToOne(6);
    expect(window.size).toBe(0.85);
  });

  test('cutToOne: says nothing about a rate, also before any other cut', () => {
    const window = windowOf(3);
    window.cutToOne(0);
    expect(window.isRateLimited).toBe(false);
    window.cut(429, 1);
    window.cutToOne(2);
    expect(window.isRateLimited).toBe(true);
  });

  test('hold: takes nothing off, and growth begins anew', () => {
    const window = windowOf(50);
    window.cut(429, 0);
    window.hold(20_000);
    const before = window.size;
    window.grow(20_001);
    expect(before).toBe(49);
    expect(window.size).toBeCloseTo(49.012, 9);
  });

  test('restore: never smaller than it is, never larger than the pool', () => {
    const window = windowOf(5);
    window.cut(503, 0);
    const { size } = window;
    window.restore(2);
    expect(window.size).toBe(size);
    window.restore(40);
    expect(window.size).toBe(5);
  });

  test('resize: a full window stays full, one with a limit keeps it', () => {
    const window = windowOf(5);
    window.resize(8);
    expect(window.size).toBe(8);
    window.cut(503, 0);
    window.resize(20);
    expect(window.size).toBe(7);
    window.resize(3);
    expect([window.size, window.isFull]).toEqual([3, true]);
  });
});

test('CongestionWindow: after any events it is above 0 and within the pool, its limit a whole number from 1', () => {
  const event = fc.record({
    what: fc.constantFrom('grow', 'cut429', 'cut503', 'cutToOne', 'hold', 'restore', 'resize'),
    after: fc.nat(20_000),
    size: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.array(event), (most, events) => {
      const window = windowOf(most);
      let now = 0;
      for (const { what, after, size } of events) {
        now += after;
        if (what === 'grow') window.grow(now);
        else if (what === 'cut429') window.cut(429, now);
        else if (what === 'cut503') window.cut(503, now);
        else if (what === 'cutToOne') window.cutToOne(now);
        else if (what === 'hold') window.hold(now);
        else if (what === 'restore') window.restore(size);
        else window.resize(size);
        expect(window.size).toBeGreaterThan(0);
        expect(window.size).toBeLessThanOrEqual(window.most);
        expect(window.limit).toBe(Math.max(1, Math.ceil(window.size)));
      }
    }),
  );
});
