import { liveThreads } from './live-workers.ts';

/** Handles that only an executor or a trail can have opened; the test runner's own come and go. */
const HANDLES = ['ProcessWrap', 'MessagePort'];

/** What a test may leave in this process: threads, child processes, ports, and listeners on the process itself. */
export function leftovers(): Readonly<Record<string, number>> {
  const resources = process.getActiveResourcesInfo();
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return {
    threads: liveThreads(),
    ...Object.fromEntries(
      HANDLES.map((kind) => [kind, resources.filter((resource) => resource === kind).length]),
    ),
    listeners,
  };
}
