import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AimdDelay } from '../../../src/core/throttle/aimd-delay.ts';
import type { ResolvedThrottleOptions } from '../../../src/core/throttle/throttle-options.ts';
import { DEFAULTS } from '../../helpers/throttled-pool.ts';

function delayWith(options: Partial<ResolvedThrottleOptions> = {}): AimdDelay {
  return new AimdDelay({ ...DEFAULTS, ...options });
}

/** Refusals one after another, each of an attempt dispatched after the last one; returns the delays they lead to. */
function refuse(delay: AimdDelay, times: number, from = 0): number[] {
  return Array.from({ length: times }, (_, index) => {
    delay.onCapacityError(from + index, from + index);
    return delay.currentMs;
  });
}

function succeed(delay: AimdDelay, times: number): number[] {
  return Array.from({ length: times }, () => {
    delay.onSuccess();
    return delay.currentMs;
  });
}

describe('AimdDelay', () => {
  test('a new delay is the least one, at its floor', () => {
    const delay = delayWith({ minDispatchDelayMs: 10 });
    expect([delay.currentMs, delay.peakMs, delay.atFloor]).toEqual([10, 10, true]);
  });

  test('consecutive refusals give 50 100 200 400 800 1600 3200 5000 5000, then a success 4950', () => {
    const delay = delayWith();
    expect(refuse(delay, 9)).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(delay.atFloor).toBe(false);
    expect(succeed(delay, 1)).toEqual([4_950]);
    expect(delay.peakMs).toBe(5_000);
  });

  test('after three refusals successes give 150 100 50 0, and 0 is the floor', () => {
    const delay = delayWith();
    refuse(delay, 3);
    expect(succeed(delay, 5)).toEqual([150, 100, 50, 0, 0]);
    expect(delay.atFloor).toBe(true);
    expect(delay.peakMs).toBe(200);
  });

  test('a delay back at its floor starts again with one recovery step', () => {
    const delay = delayWith();
    refuse(delay, 2);
    succeed(delay, 9);
    expect(refuse(delay, 2, 100)).toEqual([50, 100]);
  });

  test('least 10 and step 50: the first refusal gives 50, the next 100; successes end at 10', () => {
    const delay = delayWith({ minDispatchDelayMs: 10 });
    expect(refuse(delay, 3)).toEqual([50, 100, 200]);
    expect(succeed(delay, 6)).toEqual([150, 100, 50, 10, 10, 10]);
    expect(delay.atFloor).toBe(true);
  });

  test('least 100 and step 50: the first refusal doubles the least delay', () => {
    expect(refuse(delayWith({ minDispatchDelayMs: 100 }), 2)).toEqual([200, 400]);
  });

  test('least 100, factor 1.1 and step 150: the first refusal gives the step', () => {
    const delay = delayWith({ minDispatchDelayMs: 100, backoffMultiplier: 1.1, recoveryStepMs: 150 });
    expect(refuse(delay, 2)).toEqual([150, 165]);
  });

  test('above the floor the factor alone counts, also when that gives less than a step', () => {
    const delay = delayWith({ backoffMultiplier: 1.5 });
    refuse(delay, 2);
    expect(succeed(delay, 1)).toEqual([25]);
    expect(refuse(delay, 1, 10)).toEqual([37.5]);
  });

  test('least = most = m: the delay is always m', () => {
    const delay = delayWith({ minDispatchDelayMs: 70, maxDispatchDelayMs: 70 });
    expect(refuse(delay, 3)).toEqual([70, 70, 70]);
    expect(succeed(delay, 2)).toEqual([70, 70]);
    expect(delay.peakMs).toBe(70);
  });

  test('a most below the step caps the first refusal', () => {
    expect(refuse(delayWith({ maxDispatchDelayMs: 20 }), 2)).toEqual([20, 20]);
  });

  test('step 0 and least 10: refusals raise the delay, successes leave it', () => {
    const delay = delayWith({ minDispatchDelayMs: 10, recoveryStepMs: 0 });
    expect(refuse(delay, 2)).toEqual([20, 40]);
    expect(succeed(delay, 2)).toEqual([40, 40]);
  });

  test('one increase per congestion event: a refusal of what was dispatched before the last increase says nothing new', () => {
    const delay = delayWith();
    delay.onCapacityError(0, 100);
    delay.onCapacityError(5, 101);
    delay.onCapacityError(99, 300);
    expect(delay.currentMs).toBe(50);
    delay.onCapacityError(100, 300); // dispatched at the very moment of the increase
    expect(delay.currentMs).toBe(100);
    delay.onCapacityError(299, 301);
    expect(delay.currentMs).toBe(100);
    delay.onCapacityError(301, 400);
    expect(delay.currentMs).toBe(200);
  });

  test('one increase per congestion event: successes between do not open a new one', () => {
    const delay = delayWith();
    delay.onCapacityError(0, 100);
    delay.onSuccess();
    delay.onCapacityError(1, 101);
    expect(delay.currentMs).toBe(0);
  });

  test('any allowed options and events: the delay stays within its bounds, grows when it counts, and the peak is its highest', () => {
    const options = fc
      .record({
        least: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1_000, noNaN: true })),
        room: fc.double({ min: 0, max: 10_000, noNaN: true }),
        backoffMultiplier: fc.double({ min: 1.01, max: 100, noNaN: true }),
        recoveryStepMs: fc.double({ min: 0.01, max: 500, noNaN: true }),
      })
      .map(({ least, room, ...rest }) => ({
        ...rest,
        minDispatchDelayMs: least,
        maxDispatchDelayMs: Math.max(0.01, least + room),
      }));
    const events = fc.array(fc.record({ refused: fc.boolean(), dispatchedAgo: fc.nat(3) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(options, events, (given, list) => {
        const delay = new AimdDelay(given);
        let peak = given.minDispatchDelayMs;
        let increasedAt = -Infinity;
        list.forEach(({ refused, dispatchedAgo }, now) => {
          const before = delay.currentMs;
          if (refused) delay.onCapacityError(now - dispatchedAgo, now);
          else delay.onSuccess();
          const counts = refused && now - dispatchedAgo >= increasedAt;
          if (counts) increasedAt = now;
          if (!refused)
            expect(delay.currentMs).toBe(Math.max(given.minDispatchDelayMs, before - given.recoveryStepMs));
          else if (!counts) expect(delay.currentMs).toBe(before);
          else {
            expect(delay.currentMs).toBeGreaterThan(0);
            if (before < given.maxDispatchDelayMs) expect(delay.currentMs).toBeGreaterThan(before);
          }
          peak = Math.max(peak, delay.currentMs);
          expect(delay.peakMs).toBe(peak);
          expect(delay.currentMs).toBeGreaterThanOrEqual(given.minDispatchDelayMs);
          expect(delay.currentMs).toBeLessThanOrEqual(given.maxDispatchDelayMs);
          expect(delay.atFloor).toBe(delay.currentMs === given.minDispatchDelayMs);
        });
      }),
      { numRuns: 200 },
    );
  });
});
