// taken when nobody can have exchanged it; `import` would have Node make all that `process` has, in each thread
const { hrtime } = process;
/** Its own: what a row does to the global one must not tell on the times of others. */
const performanceNow = performance.now.bind(performance);
const READINGS = 5;

/**
 * `hrtime` counts from an origin that all threads share; `performance.now` is cheaper, but each thread has its own. A
 * thread can be held up between the two readings, which makes the difference smaller: the largest of a few is right.
 */
const OFFSET = Math.max(
  ...Array.from({ length: READINGS }, () => Number(hrtime.bigint()) / 1e6 - performanceNow()),
);

/** Monotonic time in ms, comparable across the threads of a machine. */
export function monotonicNow(): number {
  return performanceNow() + OFFSET;
}
