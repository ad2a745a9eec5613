/** Posts its row to whoever listens at the thread, or the process, before it returns it. */
import { parentPort } from 'node:worker_threads';

export default function post(row: unknown): unknown {
  parentPort?.postMessage(row);
  process.send?.(row);
  return row;
}
