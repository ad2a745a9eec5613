import { isDeepStrictEqual } from 'node:util';
import { turns } from './event-loop.ts';
import { liveProcesses, liveThreads } from './live-workers.ts';

/**
 * What a test may leave in this process: threads, child processes, listeners on the process itself, and whatever keeps it
 * alive, such as ports, pipes, sockets and requests; not timers, as the runner has its own: the clock counts those.
 */
export function leftovers(): Readonly<Record<string, number>> {
  const resources = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout');
  return {
    threads: liveThreads(),
    processes: liveProcesses(),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    ...Object.fromEntries(
      Array.from(
        Map.groupBy(resources, (name) => name),
        ([name, all]) => [name, all.length],
      ),
    ),
  };
}

/** The same once no more is left than before; or, if that never comes, after many turns: handles take some to close. */
export async function leftoversAfter(before: ReturnType<typeof leftovers>): Promise<typeof before> {
  for (let looks = 0; looks < 50; looks++) {
    await turns();
    if (isDeepStrictEqual(leftovers(), before)) break;
  }
  return leftovers();
}
