import { inspect, isDeepStrictEqual } from 'node:util';
import type { BatchDescription } from './audit/audit-trail.ts';

/** Ends a difference with which no run can be continued. */
export const FINAL = "which can't be overridden";

/** A run can't be continued, as its rest would not belong to what is on record. */
export class DriftError extends Error {
  override readonly name = 'DriftError';
  /** What differs, one sentence part each. */
  readonly differences: readonly string[];

  constructor(runId: string, differences: readonly string[]) {
    const hint = differences.some((difference) => difference.endsWith(FINAL))
      ? ''
      : ' (allowDrift overrides this)';
    super(`Cannot continue run ${inspect(runId)}${hint}: ${differences.join('; ')}`);
    this.differences = differences;
  }
}

/** Options that change when and where rows run, and no result. */
const WITHOUT_EFFECT_ON_RESULTS: ReadonlySet<string> = new Set([
  'poolSize',
  'threads',
  'sliceSize',
  'minDispatchDelayMs',
  'maxDispatchDelayMs',
  'backoffMultiplier',
  'recoveryStepMs',
  'loadTimeoutMs',
  'watchGlobals',
  'recycleAfterRows',
  'recycleAfterHeapMb',
]);

/** What differs between a batch on record and one that is to continue its run, as far as results depend on it. */
export function differencesOf(recorded: BatchDescription, current: BatchDescription): string[] {
  const names = new Set([...Object.keys(recorded.options), ...Object.keys(current.options)]);
  const differences = [...names]
    .filter((name) => !WITHOUT_EFFECT_ON_RESULTS.has(name))
    .filter((name) => !isDeepStrictEqual(recorded.options[name], current.options[name]))
    .map((name) => `${name} is ${show(current.options[name])}, on record ${show(recorded.options[name])}`);
  if (recorded.transform.sha256 === current.transform.sha256) return differences;
  const { url } = current.transform;
  const what =
    url === recorded.transform.url ? `${url} has changed` : `is ${url}, on record ${recorded.transform.url}`;
  const hashes = `sha256 ${shorten(current.transform.sha256)}, on record ${shorten(recorded.transform.sha256)}`;
  return [`the transform ${what} (${hashes})`, ...differences];
}

function shorten(sha256: string): string {
  return sha256 === '' ? 'unknown' : sha256.slice(0, 12);
}

function show(value: unknown): string {
  return value === undefined ? 'not given' : inspect(value, { depth: 2, breakLength: Infinity });
}
