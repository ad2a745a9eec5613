import { randomUUID } from 'node:crypto';
import { UsageError } from './exit.ts';
import type { RunHistory, RunSummary, SqliteAuditTrail } from '../index.ts';

/** A run that begins, or one that is continued. */
export type RunPlan = NewRun | ContinuedRun;

export interface NewRun {
  readonly kind: 'new';
  readonly runId: string;
}

export interface ContinuedRun {
  readonly kind: 'continued';
  readonly runId: string;
  readonly retryFailed: boolean;
  readonly allowDrift: boolean;
  /** Rows on record. */
  readonly rows: number;
  /** How many of them have to run. */
  readonly unfinished: number;
  /** How many rows come before the first one that has to run. */
  readonly finishedFirst: number;
  /** Whether the result on record of a row is a success, so that nothing of its input is needed any more. */
  readonly hasSucceeded: (rowIndex: number) => boolean;
}

export function newRun(): NewRun {
  return { kind: 'new', runId: randomUUID() };
}

/**
 * Looks at the last run of a trail.
 *
 * @throws UsageError when there is none
 */
export async function planContinuation(
  trail: SqliteAuditTrail,
  options: Pick<ContinuedRun, 'retryFailed' | 'allowDrift'>,
): Promise<ContinuedRun> {
  const run = lastRun(await trail.runs());
  const history = run && (await trail.history(run.runId));
  if (history === undefined) throw new UsageError(`Nothing to continue: ${trail.path} has no run on record`);
  return {
    kind: 'continued',
    runId: history.runId,
    ...options,
    ...(await survey(history, options.retryFailed)),
  };
}

/** The last run; one that ended without any entry, as its transform could not be loaded, has changed no file. */
export function lastRun(runs: readonly RunSummary[]): RunSummary | undefined {
  return runs.findLast(({ entries, endedAt }) => entries > 0 || endedAt === undefined) ?? runs.at(-1);
}

async function survey(
  history: RunHistory,
  retryFailed: boolean,
): Promise<Pick<ContinuedRun, 'rows' | 'unfinished' | 'finishedFirst' | 'hasSucceeded'>> {
  const others = new Set<number>();
  let [rows, unfinished, finishedFirst] = [0, 0, 0];
  for await (const page of history.rows()) {
    for (const { rowIndex, entry } of page) {
      const failed = entry?.result.status !== 'success';
      if (failed) others.add(rowIndex);
      if (entry === undefined || (failed && retryFailed)) unfinished++;
      if (unfinished === 0) finishedFirst++;
      rows++;
    }
  }
  const hasSucceeded = (rowIndex: number) => rowIndex < rows && !others.has(rowIndex);
  return { rows, unfinished, finishedFirst, hasSucceeded };
}
