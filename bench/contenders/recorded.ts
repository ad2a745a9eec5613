import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteAuditTrail } from '../built-package.ts';
import type { Contender } from './contender.ts';
import { openExecutor, runMap, runStream } from './pooled-executor.ts';

/** {@link oursMap} with everything on record in a file. */
export const recordedMap: Contender = {
  name: 'pooled-executor, map, recorded',
  role: 'ours',
  module: import.meta.url,
  open: (threads) => openRecorded(threads, runMap),
};

/** {@link oursStream} with everything on record in a file. */
export const recordedStream: Contender = {
  name: 'pooled-executor, stream, recorded',
  role: 'ours',
  module: import.meta.url,
  open: (threads) => openRecorded(threads, runStream),
};

async function openRecorded(threads: number, run: typeof runMap): ReturnType<Contender['open']> {
  const folder = await mkdtemp(join(tmpdir(), 'pooled-executor-bench-'));
  const audit = await SqliteAuditTrail.open(join(folder, 'run.audit.db'));
  const executor = openExecutor(threads, { audit });
  return {
    run: (rows, sink) => run(executor, rows, sink),
    close: async () => {
      await executor.shutdown();
      await audit.close();
      await rm(folder, { recursive: true });
    },
  };
}
