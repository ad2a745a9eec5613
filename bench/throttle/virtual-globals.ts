import type { VirtualClock } from './virtual-clock.ts';

/** Lets libraries that know only the global timers, clock and chance live in virtual time meanwhile. */
export async function withVirtualGlobals<Result>(
  clock: VirtualClock,
  random: () => number,
  run: () => Promise<Result>,
): Promise<Result> {
  const { setTimeout, clearTimeout } = globalThis;
  const dateNow = Date.now;
  const mathRandom = Math.random;
  const cancels = new Map<number, () => void>();
  let handles = 0;
  Object.assign(globalThis, {
    setTimeout: (callback: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => {
      const handle = ++handles;
      cancels.set(
        handle,
        clock.setTimer(() => {
          cancels.delete(handle);
          callback(...given);
        }, ms),
      );
      return handle;
    },
    clearTimeout: (handle: number) => cancels.get(handle)?.(),
  });
  Date.now = () => clock.toEpoch(clock.now());
  Math.random = random;
  try {
    return await run();
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    Date.now = dateNow;
    Math.random = mathRandom;
  }
}
