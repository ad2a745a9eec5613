const TICK_MS = 1_000;

/**
 * Calls back once when so many ms have been lived through. A machine that was stopped for a while, or had no time for this
 * process, has lived through no more than a second of that. Returns what cancels it.
 */
export function startDeadline(ms: number, onOverdue: () => void): () => void {
  let left = Math.ceil(ms / TICK_MS);
  const timer = setInterval(() => {
    if (--left > 0) return;
    clearInterval(timer);
    onOverdue();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** Settles as the promise does, or rejects after `ms` with what `dump` says of the state. For what must never hang. */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  ms: number,
  dump: () => string,
): Promise<Value> {
  const overdue = Promise.withResolvers<never>();
  const cancel = startDeadline(ms, () => overdue.reject(new Error(`Not settled after ${ms} ms: ${dump()}`)));
  try {
    return await Promise.race([promise, overdue.promise]);
  } finally {
    cancel();
  }
}
