import type { RunSummary } from '../stored-record.ts';
import type { ReadableTrail } from './readable-trail.ts';
import { TrailQuestionError } from './trail-question-error.ts';

/** A message names no more runs than this. */
const MOST_NAMED = 5;

/**
 * The run that a question is about.
 *
 * @param runId default: the last run that has results; of runs without any, the last
 * @throws TrailQuestionError when there is no such run
 */
export async function chooseRun(trail: ReadableTrail, runId: string | undefined): Promise<RunSummary> {
  const runs = await trail.runs();
  const run = runId === undefined ? lastOf(runs) : runs.find((candidate) => candidate.runId === runId);
  if (run !== undefined) return run;
  if (runId === undefined) throw new TrailQuestionError('The trail has no runs yet');
  const names = runs.slice(-MOST_NAMED).map((known) => known.runId);
  const known =
    names.length === 0
      ? 'it has none'
      : `its ${names.length < runs.length ? 'last are' : 'runs are'} ${names.join(', ')}`;
  throw new TrailQuestionError(`The trail has no run '${runId}': ${known}`);
}

/** A run without results got nowhere: its transform could not be loaded. */
function lastOf(runs: readonly RunSummary[]): RunSummary | undefined {
  return runs.findLast(({ entries }) => entries > 0) ?? runs.at(-1);
}
