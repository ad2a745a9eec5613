import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Settings } from './settings.ts';
import { ratiosPerRound, summarise } from './summary.ts';
import { takeTurns } from './turns.ts';
import type { ProbeTask } from './workers/core-probe.ts';

/** Short, so that all threads end at nearly the same time. */
const ROW_MICROSECONDS = 200;
/** What one thread alone takes for the rows, about. */
const ALONE_MS = { full: 60, quick: 20 };
const ALTERNATIONS = { full: 5, quick: 3 };
/** Below this share of its threads, what else runs on the machine decides the figures. */
const QUIET = 0.9;

/**
 * How many times as fast all `threads` of the settings are together, at this moment, as one of them alone with the same rows:
 * the median of a few turns, all threads warm and nothing but work in them. Less than their number when something else runs on
 * the machine, but not when it is so busy that one thread alone is as badly off as each of several: so no more than the CPU
 * time that they got together, per time that passed. A contender can gain a little more over a plain loop, as
 * a machine is not the same from one moment to the next.
 */
export async function coresAvailable(
  { threads, quick }: Settings,
  bytesPerMicrosecond: number,
): Promise<number> {
  const size = quick ? 'quick' : 'full';
  const rows = Math.ceil((ALONE_MS[size] * 1_000) / ROW_MICROSECONDS);
  const bytes = Math.round(ROW_MICROSECONDS * bytesPerMicrosecond);
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('workers/core-probe.ts', import.meta.url)),
  );
  const probe = (those: readonly Worker[]) => () => timeRows(those, rows, bytes);
  try {
    await probe(workers)(); // starts the threads
    const { alone, together } = await takeTurns(
      { alone: probe(workers.slice(0, 1)), together: probe(workers) },
      ALTERNATIONS[size],
    );
    const elapsed = (turns: readonly Turn[]) => turns.map(({ elapsedMs }) => elapsedMs);
    const faster = summarise(ratiosPerRound(elapsed(alone), elapsed(together)));
    const got = summarise(together.map(({ cpuMs, elapsedMs }) => cpuMs / elapsedMs));
    return Math.min(faster.median, got.median);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

interface Turn {
  readonly elapsedMs: number;
  /** CPU time of all threads. */
  readonly cpuMs: number;
}

/** What so many rows take on these threads. */
async function timeRows(workers: readonly Worker[], rows: number, bytes: number): Promise<Turn> {
  const task: ProbeTask = { taken: new Int32Array(new SharedArrayBuffer(4)), rows, bytes };
  const done = workers.map((worker) => once(worker, 'message'));
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  for (const worker of workers) worker.postMessage(task);
  await Promise.all(done);
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { elapsedMs, cpuMs: (user + system) / 1_000 };
}

/** Says how far the figures of a group can be trusted. */
export function coresLine([before, after]: readonly [number, number], threads: number): string {
  const measured = `${threads} busy threads got ${before.toFixed(2)} cores before and ${after.toFixed(2)} after`;
  if (Math.min(before, after) >= QUIET * threads) return measured;
  return `${measured}: SOMETHING ELSE RUNS ON THIS MACHINE, so the speed-ups are too low`;
}
