import { messagePortChunks } from './contenders/message-port-chunks.ts';
import { makeWorkload } from './rows.ts';
import type { Settings } from './settings.ts';

const ROW_MICROSECONDS = 500;
const PROBE_MS = { full: 300, quick: 30 };
/** Below this share of its threads, what else runs on the machine decides the figures. */
const QUIET = 0.9;

/**
 * How many cores the `threads` of the settings, all busy, really get at this moment: less than their number when something else runs on
 * the machine. No contender can be that many times as fast as a plain loop.
 */
export async function coresAvailable(
  { threads, quick }: Settings,
  bytesPerMicrosecond: number,
): Promise<number> {
  const probeMs = quick ? PROBE_MS.quick : PROBE_MS.full;
  const rows = Math.ceil((probeMs * 1000 * threads) / ROW_MICROSECONDS);
  const work = Math.round(ROW_MICROSECONDS * bytesPerMicrosecond);
  const workload = makeWorkload(rows, work);
  const probe = await messagePortChunks.open(threads);
  try {
    await probe.run(workload.rows.slice(0, threads), () => undefined); // starts the threads
    const startedAt = performance.now();
    await probe.run(workload.rows, () => undefined);
    return (rows * ROW_MICROSECONDS) / 1000 / (performance.now() - startedAt);
  } finally {
    await probe.close();
  }
}

/** Says how far the figures of a group can be trusted. */
export function coresLine([before, after]: readonly [number, number], threads: number): string {
  const measured = `${threads} busy threads got ${before.toFixed(2)} cores before and ${after.toFixed(2)} after`;
  if (Math.min(before, after) >= QUIET * threads) return measured;
  return `${measured}: SOMETHING ELSE RUNS ON THIS MACHINE, so the speed-ups are too low`;
}
