import { randomUUID } from 'node:crypto';
import { UsageError } from './exit.ts';
import type { RunSummary } from '../index.ts';
import type { RunFiles } from './run-files.ts';
import { RunSurvey } from './run-survey.ts';
import type { RunTrail } from './run-trail.ts';

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
  /** Complete when the executor has accepted the rows. */
  readonly survey: RunSurvey;
}

export function newRun(): NewRun {
  return { kind: 'new', runId: randomUUID() };
}

/**
 * Looks at the last run of a trail. That it is continued is not on record before a row runs, or it is accepted.
 *
 * @throws UsageError when there is none
 */
export async function planContinuation(
  trail: RunTrail,
  options: Pick<ContinuedRun, 'retryFailed' | 'allowDrift'>,
): Promise<ContinuedRun> {
  const run = lastRun(await trail.runs());
  if (run === undefined) throw new UsageError(`Nothing to continue: ${trail.path} has no run on record`);
  const survey = new RunSurvey(options.retryFailed);
  trail.watchHistory((history) => survey.watch(history));
  trail.holdBack();
  return { kind: 'continued', runId: run.runId, ...options, survey };
}

/** The last run; one that ended without any entry, as its transform could not be loaded, has changed no file. */
export function lastRun(runs: readonly RunSummary[]): RunSummary | undefined {
  return runs.findLast(({ entries, endedAt }) => entries > 0 || endedAt === undefined) ?? runs.at(-1);
}

/**
 * Which input rows are needed once more when their entries come back; of the others only the results are. Undefined for a
 * new run, whose rows may go many at a time.
 */
export function rowsToKeep(
  run: RunPlan | undefined,
  { output, rejects }: RunFiles,
): ((rowIndex: number) => boolean) | undefined {
  if (run?.kind !== 'continued') return undefined;
  // a result that stands in no column of the CSV output is rejected
  if (rejects !== undefined && output.kind.format === 'csv') return () => true;
  return (rowIndex) => !run.survey.hasSucceeded(rowIndex);
}
