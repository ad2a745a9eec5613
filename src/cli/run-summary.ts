import type { PoolStats } from '../index.ts';
import { formatCount, formatCountOf, formatDuration } from './numbers.ts';

/** What is told at the end of a run. Times in ms. */
export interface RunSummary {
  readonly rows: number;
  readonly ok: number;
  readonly failed: number;
  readonly attempts: number;
  readonly capacityRetries: number;
  readonly elapsedMs: number;
  readonly rowsPerSecond: number;
  readonly peakDelayMs: number;
  readonly maxConcurrent: number;
}

export function summarise(
  { emitted, failed }: { readonly emitted: number; readonly failed: number },
  stats: PoolStats,
  elapsedMs: number,
): RunSummary {
  return {
    rows: emitted,
    ok: emitted - failed,
    failed,
    attempts: stats.attempts,
    capacityRetries: stats.capacityRetries,
    elapsedMs: Math.round(elapsedMs),
    rowsPerSecond: Math.round((emitted * 1000) / elapsedMs),
    peakDelayMs: stats.peakDelayMs,
    maxConcurrent: stats.maxConcurrentReached,
  };
}

/** The summary for people: two lines. */
export function describeSummary(summary: RunSummary): string {
  const count = formatCount;
  return [
    `${formatCountOf(summary.rows, 'row')} in ${formatDuration(summary.elapsedMs)} (${count(summary.rowsPerSecond)} rows/s): ` +
      `${count(summary.ok)} ok, ${count(summary.failed)} failed`,
    `attempts ${count(summary.attempts)}, capacity retries ${count(summary.capacityRetries)}, ` +
      `peak delay ${count(summary.peakDelayMs)} ms, at most ${formatCountOf(summary.maxConcurrent, 'row')} at once`,
  ].join('\n');
}
