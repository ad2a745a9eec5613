import type { Clock } from '../core/clock.ts';

/** Resolves when all have settled, or after `ms`, whichever comes first. */
export function settledWithin(
  clock: Clock,
  ms: number,
  promises: readonly Promise<unknown>[],
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(resolve, ms);
    void Promise.allSettled(promises).then(() => {
      cancel();
      resolve();
    });
  });
}
