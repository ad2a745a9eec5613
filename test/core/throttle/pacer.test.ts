import { describe, expect, test } from 'vitest';
import { CongestionWindow } from '../../../src/core/throttle/congestion-window.ts';
import { Pacer } from '../../../src/core/throttle/pacer.ts';

/** A window of a pool of 100, cut down to `size` or a little less. */
function windowOf(size: number): CongestionWindow {
  const window = new CongestionWindow();
  window.resize(100);
  while (window.size > size) window.cut(429, 0);
  return window;
}

function pacerWith(latencyMs: number): Pacer {
  const pacer = new Pacer(5_000);
  pacer.onSuccess(latencyMs);
  return pacer;
}

describe('Pacer.gapMs', () => {
  test('is the latency over the window, with a gain of 1.25 from three attempts on', () => {
    expect(pacerWith(100).gapMs(windowOf(20), 0)).toBeCloseTo(100 / (20 * 1.25), 12);
    const two = windowOf(2);
    expect(pacerWith(100).gapMs(two, 0)).toBeCloseTo(
      100 / (two.size * (1 + (0.25 * (two.size - 1)) / 2)),
      12,
    );
    const half = windowOf(0.5);
    expect(pacerWith(100).gapMs(half, 0)).toBeCloseTo(100 / half.size, 12);
  });

  test('has a gain of 3 where the service limits how many it works on at once, but not right after a restart', () => {
    const window = new CongestionWindow();
    window.resize(21);
    window.cut(503, 0);
    const pacer = pacerWith(100);
    expect(pacer.gapMs(window, 0)).toBeCloseTo(100 / (20 * 3), 12);
    pacer.restart(0);
    expect(pacer.gapMs(window, 99)).toBeCloseTo(100 / (20 * 1.25), 12);
    expect(pacer.gapMs(window, 100)).toBeCloseTo(100 / (20 * 3), 12);
  });

  test('is at most the longest delay', () => {
    expect(pacerWith(1_000).gapMs(windowOf(0.01), 0)).toBe(5_000);
  });

  test('is 0 before the first success and while the window limits nothing', () => {
    expect(new Pacer(5_000).gapMs(windowOf(3), 0)).toBe(0);
    expect(pacerWith(100).gapMs(windowOf(100), 0)).toBe(0);
  });

  test('follows the latency slowly: 3 % of each new sample', () => {
    const pacer = pacerWith(100);
    pacer.onSuccess(200);
    expect(pacer.gapMs(windowOf(20), 0)).toBeCloseTo(103 / (20 * 1.25), 12);
  });
});

describe('Pacer.gateAt', () => {
  test('is one gap after the last, and what was late by up to 2 ms is made up for', () => {
    const pacer = pacerWith(100);
    const window = windowOf(20);
    const gap = pacer.gapMs(window, 0);
    pacer.onDispatch(window, 1_000);
    expect(pacer.gateAt(window, 1_000)).toBeCloseTo(998 + gap, 9);
    pacer.onDispatch(window, 998 + gap + 1);
    expect(pacer.gateAt(window, 1_005)).toBeCloseTo(998 + 2 * gap, 9);
  });

  test('after a restart even a full window is paced, for one latency', () => {
    const pacer = pacerWith(100);
    const window = windowOf(100);
    pacer.restart(500);
    expect(pacer.gateAt(window, 500)).toBe(500);
    pacer.onDispatch(window, 500);
    expect(pacer.gateAt(window, 500)).toBeCloseTo(500 + 100 / 125, 9);
    expect(pacer.gateAt(window, 600)).toBe(-Infinity);
  });
});
