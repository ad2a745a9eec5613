import { subscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';

const alive = new Set<Worker>();

subscribe('worker_threads', (message) => {
  const { worker } = message as { worker: Worker };
  alive.add(worker);
  worker.once('exit', () => alive.delete(worker));
});

/** How many worker threads that this process has started since the import of this file have not ended. */
export function liveThreads(): number {
  return alive.size;
}
