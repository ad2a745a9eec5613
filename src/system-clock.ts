import type { Clock } from './core/clock.ts';
import { monotonicNow } from './engine/monotonic-now.ts';

/** Longer timers fire at once in Node; the callers look at the clock again when one fires, so a shorter one is safe. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createSystemClock(): Clock {
  const epochOffset = Date.now() - monotonicNow();
  return {
    now: monotonicNow,
    toEpoch: (now) => now + epochOffset,
    setTimer(callback, delayMs) {
      const timer = startTimer(callback, delayMs);
      return () => {
        clearTimeout(timer);
      };
    },
    setLimit(callback, delayMs) {
      const timer = startTimer(callback, delayMs).unref();
      return () => {
        clearTimeout(timer);
      };
    },
    defer(callback) {
      setImmediate(callback);
    },
  };
}

function startTimer(callback: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(callback, Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(delayMs))));
}
