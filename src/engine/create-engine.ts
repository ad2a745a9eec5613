import type { Clock } from '../core/clock.ts';
import type { Transform } from '../core/transform.ts';
import type { CallRecorder, Engine } from './engine.ts';
import { InlineEngine } from './inline-engine.ts';
import { ThreadEngine, type ThreadEngineOptions } from './thread-engine.ts';

export type EngineOptions = Omit<ThreadEngineOptions, 'transformUrl' | 'clock' | 'recordCall'> & {
  readonly transform: { readonly url: string } | { readonly fn: Transform<never, unknown> };
};

/** A module runs on worker threads, a function in-process. */
export function createEngine(
  options: EngineOptions,
  clock: Clock,
  recordCall: CallRecorder | undefined,
): Engine {
  const { transform } = options;
  if ('fn' in transform) return new InlineEngine({ ...options, transform: transform.fn, clock, recordCall });
  return new ThreadEngine({ ...options, transformUrl: transform.url, clock, recordCall });
}
