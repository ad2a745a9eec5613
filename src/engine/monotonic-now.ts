import { hrtime } from 'node:process';

/** `hrtime` counts from an origin that all threads share; `performance.now` is cheaper, but each thread has its own. */
const OFFSET = Number(hrtime.bigint()) / 1e6 - performance.now();

/** Monotonic time in ms, comparable across the threads of a machine. */
export function monotonicNow(): number {
  return performance.now() + OFFSET;
}
