import { liveProcesses, liveThreads } from './live-workers.ts';

/** What a test may leave in this process: threads, child processes, ports, and listeners on the process itself. */
export function leftovers(): Readonly<Record<string, number>> {
  return {
    threads: liveThreads(),
    processes: liveProcesses(),
    ports: process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}
