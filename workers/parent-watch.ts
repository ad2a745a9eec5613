/**
 * Runs in a thread of its own in each worker process, as a row may keep the process's own thread for ever: ends the process
 * when the one that started it is gone, however that ended.
 */
import { workerData } from 'node:worker_threads';

const LOOK_MS = 1_000;
const parent = workerData as number;

setInterval(() => {
  if (!isThere()) process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);

function isThere(): boolean {
  // whose parent has gone gets another, but on Windows, where the number stays
  if (process.platform !== 'win32') return process.ppid === parent;
  try {
    return process.kill(parent, 0);
  } catch {
    return false;
  }
}
