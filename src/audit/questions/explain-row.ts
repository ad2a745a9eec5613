import type { AuditRecord } from '../audit-trail.ts';
import { chooseRun } from './choose-run.ts';
import { explainRecords } from './explain-records.ts';
import { neighboursIn } from './neighbours.ts';
import { readAll, type ReadableTrail } from './readable-trail.ts';
import type { RowExplanation } from './row-explanation.ts';
import { describeUnknownRow } from './unknown-row.ts';
import { TrailQuestionError } from './trail-question-error.ts';

export interface ExplainOptions {
  /** Default: the last run that got anywhere. */
  readonly runId?: string | undefined;
  /** Whether to look for what ran at the same time, which reads all attempts of the run. Default false. */
  readonly alongside?: boolean | undefined;
}

/**
 * Tells the story of a row.
 *
 * @param row its `rowIndex` or its `stateId`
 * @throws TrailQuestionError when there is no such run or row; the message says which there are
 */
export async function explainRow(
  trail: ReadableTrail,
  row: number | string,
  { runId, alongside = false }: ExplainOptions = {},
): Promise<RowExplanation> {
  const run = await chooseRun(trail, runId);
  const filter = typeof row === 'number' ? { rowIndex: row } : { stateId: row };
  const records = await readAll(trail, { runId: run.runId, ...filter });
  const own = records.find(isOfRow);
  if (own === undefined) throw new TrailQuestionError(await describeUnknownRow(trail, run, row));
  const { stateId, rowIndex } = own;
  const explanation = explainRecords({ runId: run.runId, stateId, rowIndex }, records);
  return alongside ? neighboursIn(trail, explanation) : explanation;
}

function isOfRow(record: AuditRecord): record is Extract<AuditRecord, { readonly rowIndex: number }> {
  return 'rowIndex' in record;
}
