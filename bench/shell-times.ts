const MINUTE_MS = 60_000;
const TIME = /(\d+)m(\d+[.,]?\d*)s/g;

/**
 * The CPU time, user and system, of all processes that a shell has waited for, in ms: the second line of what its `times`
 * says, as POSIX has it ("0m1.23s 0m0.45s"). Undefined for anything else.
 */
export function cpuMsOfChildren(times: string): number | undefined {
  const spans = [...(times.split('\n')[1] ?? '').matchAll(TIME)].map(
    ([, minutes, seconds = '']) => Number(minutes) * MINUTE_MS + Number(seconds.replace(',', '.')) * 1_000,
  );
  const [user, system] = spans;
  return user === undefined || system === undefined ? undefined : user + system;
}
