/** The other end of `cores.ts`: does rows that it takes from a common counter until there are none, and says so. */
import { parentPort } from 'node:worker_threads';
import { work } from './transform.ts';

export interface ProbeTask {
  /** How many rows have been taken, by all threads. */
  readonly taken: Int32Array<SharedArrayBuffer>;
  readonly rows: number;
  /** Of one row, in bytes. */
  readonly bytes: number;
}

parentPort?.on('message', ({ taken, rows, bytes }: ProbeTask) => {
  let checksum = 0;
  while (Atomics.add(taken, 0, 1) < rows) checksum = work(checksum, bytes);
  parentPort?.postMessage(checksum);
});
