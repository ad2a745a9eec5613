/** The other end of `message-port-chunks.ts`: answers each array of rows with the array of outputs. */
import { parentPort } from 'node:worker_threads';
import type { BenchRow } from '../rows.ts';
import { transformChunk } from './transform.ts';

parentPort?.on('message', (rows: readonly BenchRow[]) => {
  parentPort?.postMessage(transformChunk(rows));
});
