import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';

const threads = new Set<Worker>();
const processes = new Set<ChildProcess>();

subscribe('worker_threads', (message) => {
  const { worker } = message as { worker: Worker };
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  processes.add(child);
  child.once('exit', () => processes.delete(child));
});

/** How many worker threads that this process has started since the import of this file have not ended. */
export function liveThreads(): number {
  return threads.size;
}

/** How many child processes that this process has started since the import of this file have not ended. */
export function liveProcesses(): number {
  return processes.size;
}

/** Ends them all, whatever they do, as somebody else on the machine could. Resolves when they have ended. */
export async function killLiveWorkers(): Promise<void> {
  const ends = [
    ...[...threads].map((thread) => once(thread, 'exit')),
    ...[...processes].map((child) => once(child, 'close')),
  ];
  for (const thread of threads) void thread.terminate();
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(ends);
}
