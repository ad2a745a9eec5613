import { describe, expect, test } from 'vitest';
import { RefusalStreak } from '../../../src/core/throttle/refusal-streak.ts';
import type { ThrottledAttempt } from '../../../src/core/throttle/throttle.ts';
import { DEFAULTS } from '../../helpers/throttled-pool.ts';

const attemptAt = (dispatchedAt: number): ThrottledAttempt => ({
  dispatchedAt,
  refusals: 0,
  rowCount: 1,
  probe: false,
});

/** Refuses at 10, 20 ... what was dispatched 5 ms before. */
function refuse(streak: RefusalStreak, times: number, others: readonly ThrottledAttempt[] = []): void {
  const state = { window: 7, others: () => others };
  for (let count = 1; count <= times; count++) {
    streak.onRefusal(attemptAt(count * 10 - 5), { statusCode: 503 }, state, count * 10);
  }
}

describe('RefusalStreak: stall', () => {
  test('eight refusals in a row, not seven', () => {
    const streak = new RefusalStreak(DEFAULTS);
    refuse(streak, 7);
    expect([streak.isStalled, streak.gateAt(75)]).toEqual([false, -Infinity]);
    refuse(streak, 1);
    expect([streak.isStalled, streak.windowBefore]).toEqual([true, 7]);
  });

  test('an answer to what was dispatched after the first of them ends it, an earlier one does not', () => {
    const streak = new RefusalStreak(DEFAULTS);
    refuse(streak, 8);
    expect(streak.onAnswer(attemptAt(4))).toBe(false);
    expect(streak.isStalled).toBe(true);
    expect(streak.onAnswer(attemptAt(5))).toBe(true);
    expect([streak.isStalled, streak.gateAt(100)]).toEqual([false, -Infinity]);
  });

  test('an answer before the stall starts the count anew', () => {
    const streak = new RefusalStreak(DEFAULTS);
    refuse(streak, 7);
    expect(streak.onAnswer(attemptAt(20))).toBe(false);
    refuse(streak, 7);
    expect(streak.isStalled).toBe(false);
  });

  test('a survivor: what was dispatched between the first and this refusal and still runs starts it anew', () => {
    const streak = new RefusalStreak(DEFAULTS);
    for (let at = 0; at < 40; at++) {
      const state = { window: 7, others: () => [attemptAt(at)] };
      streak.onRefusal(attemptAt(at), { statusCode: 503 }, state, at);
    }
    expect(streak.isStalled).toBe(false);
  });

  test('no survivor: what was dispatched before the first of them, or after this one', () => {
    const streak = new RefusalStreak(DEFAULTS);
    refuse(streak, 8, [attemptAt(4), attemptAt(1_000)]);
    expect(streak.isStalled).toBe(true);
  });
});

describe('RefusalStreak.gateAt', () => {
  test('probes follow the last refusal or dispatch by 50, 100, 200 ... 5,000 ms', () => {
    const streak = new RefusalStreak(DEFAULTS);
    refuse(streak, 8);
    const waits: number[] = [];
    let now = 80;
    for (let count = 0; count < 9; count++) {
      const probeAt = streak.gateAt(now);
      waits.push(probeAt - now);
      now = probeAt;
      streak.onRefusal(attemptAt(now), { statusCode: 503 }, { window: 1, others: () => [] }, now);
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(streak.gateAt(now + 300)).toBe(now + 300 + 5_000);
  });

  test('what was in flight when the stall began lengthens nothing when it is refused, but moves the probe', () => {
    const streak = new RefusalStreak(DEFAULTS);
    refuse(streak, 8);
    streak.onRefusal(attemptAt(79), { statusCode: 503 }, { window: 1, others: () => [] }, 95);
    expect(streak.gateAt(79)).toBe(95 + 50);
  });

  test('Retry-After holds the probe, also one of before the stall', () => {
    const streak = new RefusalStreak(DEFAULTS);
    const state = { window: 1, others: () => [] };
    streak.onRefusal(attemptAt(0), { statusCode: 503, retryAfterMs: 900 }, state, 1);
    streak.onRefusal(attemptAt(0), { statusCode: 503, retryAfterMs: 10 }, state, 2);
    expect(streak.gateAt(0)).toBe(-Infinity);
    refuse(streak, 6);
    expect(streak.gateAt(0)).toBe(901);
  });
});
