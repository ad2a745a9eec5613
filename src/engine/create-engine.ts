import type { ResourceLimits } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import type { Transform } from '../core/transform.ts';
import type { CallRecorder, Engine } from './engine.ts';
import { InlineEngine } from './inline-engine.ts';
import { Processes } from './processes.ts';
import { Threads } from './threads.ts';
import type { GlobalsWatch } from './watched-globals.ts';
import { WorkerEngine, type WorkerEngineOptions } from './worker-engine.ts';

export interface EngineOptions extends Omit<WorkerEngineOptions, 'transformUrl' | 'clock' | 'originMs'> {
  readonly transform: { readonly url: string } | { readonly fn: Transform<never, unknown> };
  readonly exportName: string;
  readonly isolation: 'thread' | 'process';
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly watchGlobals: GlobalsWatch;
  readonly workerData?: unknown;
  /** Where what becomes of rows is put on record. */
  readonly audit?: { readonly outlivesProcess?: boolean } | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: string[] | undefined;
}

/** A module runs on workers, a function in-process. */
export function createEngine(
  options: EngineOptions,
  clock: Clock,
  recordCall: CallRecorder | undefined,
): Engine {
  const { transform, exportName, isolation, attemptTimeoutMs, recycleAfterHeapMb, watchGlobals } = options;
  const recordsLeave = options.audit?.outlivesProcess === true;
  if ('fn' in transform)
    return new InlineEngine({ ...options, transform: transform.fn, clock, recordCall, recordsLeave });
  const { url: transformUrl } = transform;
  const originMs = clock.now();
  const setup = {
    transformUrl,
    exportName,
    originMs,
    attemptTimeoutMs,
    recordCalls: recordCall !== undefined,
    recordsLeave,
    watchGlobals,
    reportHeap: recycleAfterHeapMb !== undefined,
  };
  const Workers = isolation === 'process' ? Processes : Threads;
  return new WorkerEngine(
    { ...options, transformUrl, clock, originMs },
    new Workers({ ...options, setup, recordCall }),
  );
}
