import { PooledExecutor, TransformLoadError, type AuditTrail, type TextRows } from '../index.ts';
import {
  inWordsOfFlags,
  loadErrorInWordsOfFlags,
  readExecutorFlags,
  type ExecutorFlagValues,
} from './executor-flags.ts';
import { UsageError } from './exit.ts';
import type { SourceRow } from './row-source.ts';
import type { RunFlags } from './run-flags.ts';
import { fileOfTransform } from './transform-url.ts';
import { workerEnv } from './worker-env.ts';

/** Runs rows from text to text. */
export type LineExecutor = PooledExecutor<SourceRow | TextRows, string>;

const LINE_TRANSFORM_URL = new URL(
  // the build keeps the layout, so only the extension differs
  `../../workers/line-transform${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);

/**
 * Makes the executor that the flags ask for. No worker starts yet.
 *
 * @param url of the user's module
 * @throws UsageError that names the flag.
 */
export function openExecutor(url: string, flags: RunFlags, audit: AuditTrail | undefined): LineExecutor {
  const { workerData, env = process.env, ...options } = readExecutorFlags(flags);
  const exportName = flags.export;
  return inFlagTerms(flags, () => {
    const all = {
      ...options,
      audit,
      env: workerEnv(env as NodeJS.ProcessEnv),
      transform: LINE_TRANSFORM_URL,
      workerData: { url, exportName, workerData },
    };
    return new PooledExecutor(all);
  });
}

/**
 * Loads the transform as a run does, for one that has no row to load it for, or must not write before it is. Rejects with a
 * UsageError when that is not possible: this is another one, so that nothing of it is on record or counted.
 */
export async function tryTransform(url: string, flags: RunFlags): Promise<void> {
  const executor = openExecutor(url, flags, undefined);
  try {
    await executor.map([{ malformed: 'no row' }]); // such a row is not passed on to the user's transform
  } catch (reason) {
    throw asUsageError(reason, url);
  } finally {
    await executor.shutdown();
  }
}

/**
 * Makes a UsageError of one that says that no row can run; leaves others. The module that can't be loaded is the user's, also
 * where the executor knows only the one that wraps it.
 */
export function asUsageError(reason: unknown, url: string): unknown {
  if (!(reason instanceof TransformLoadError)) return reason;
  const name = fileOfTransform(url) ?? url;
  const message = reason.message.replace(LINE_TRANSFORM_URL.href, () => name);
  return new UsageError(loadErrorInWordsOfFlags(message), { cause: reason });
}

/** Runs `act`; what the executor has to say about its options is said about the flags. */
export function inFlagTerms<Value>(flags: ExecutorFlagValues, act: () => Value): Value {
  try {
    return act();
  } catch (reason) {
    if (!(reason instanceof TypeError)) throw reason;
    throw new UsageError(inWordsOfFlags(reason.message, flags));
  }
}
