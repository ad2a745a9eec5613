import type { RunSummary } from '../stored-record.ts';
import { checkOptions, NON_EMPTY_TEXT } from '../option-rules.ts';
import type { AuditReport, RunReport } from './audit-report.ts';
import { chooseRun } from './choose-run.ts';
import type { ReadableTrail } from './readable-trail.ts';
import { RunRecount } from './run-recount.ts';

export interface AuditOptions {
  /** Default: all runs. */
  readonly runId?: string | undefined;
}

/** Everything but calls, which say nothing about the counters. */
const KINDS = ['batch', 'row', 'dispatch', 'attempt', 'entry', 'batch-end'] as const;

/**
 * Sums up the runs of a trail, and recomputes each counter of the stats from the records. Takes some 25 bytes of memory
 * per row.
 *
 * @throws TrailQuestionError when there is no such run
 * @throws TypeError on a misspelt option or a value that is none
 */
export async function auditRuns(trail: ReadableTrail, options: AuditOptions = {}): Promise<AuditReport> {
  checkOptions('audit runs', options, { runId: NON_EMPTY_TEXT });
  const { runId } = options;
  const runs = runId === undefined ? await trail.runs() : [await chooseRun(trail, runId)];
  const reports: RunReport[] = [];
  for (const run of runs) reports.push(await auditRun(trail, run));
  return { runs: reports, agrees: reports.every(({ stats }) => stats.differenceCount === 0) };
}

async function auditRun(trail: ReadableTrail, run: RunSummary): Promise<RunReport> {
  const recount = new RunRecount();
  for await (const page of trail.records({ runId: run.runId, kinds: KINDS })) {
    for (const { record } of page) recount.add(record);
  }
  return recount.report(run);
}
