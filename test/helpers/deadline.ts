/** Settles as the promise does, or rejects after `ms` with what `dump` says of the state. For what must never hang. */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  ms: number,
  dump: () => string,
): Promise<Value> {
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(() => overdue.reject(new Error(`Not settled after ${ms} ms: ${dump()}`)), ms);
  try {
    return await Promise.race([promise, overdue.promise]);
  } finally {
    clearTimeout(timer);
  }
}
