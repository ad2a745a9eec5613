import type { Contender } from './contender.ts';
import { jestWorkerRows } from './jest-worker.ts';
import { messagePortChunks } from './message-port-chunks.ts';
import { piscinaChunks, piscinaInPMap, piscinaRows, piscinaSharedThreads } from './piscina.ts';
import { plainLoop } from './plain-loop.ts';
import { oursMap, oursStream } from './pooled-executor.ts';
import { poolifierRows } from './poolifier.ts';
import { tinypoolRows } from './tinypool.ts';
import { workerpoolRows } from './workerpool.ts';

/** Everything that is compared, in the order of the tables. */
export const allContenders: readonly Contender[] = [
  oursMap,
  oursStream,
  piscinaRows,
  piscinaSharedThreads,
  piscinaInPMap,
  tinypoolRows,
  workerpoolRows,
  poolifierRows,
  jestWorkerRows,
  piscinaChunks,
  messagePortChunks,
  plainLoop,
];
