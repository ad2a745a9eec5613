import type { AuditRecord } from '../audit-trail.ts';
import {
  BOOLEAN,
  checkOptions,
  checkValue,
  NON_EMPTY_TEXT,
  ROW_INDEX,
  type OptionRule,
  type OptionRules,
} from '../option-rules.ts';
import { transformsIn } from './attempt-transforms.ts';
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

const OPTIONS: OptionRules = { runId: NON_EMPTY_TEXT, alongside: BOOLEAN };
const ROW: OptionRule = {
  what: 'a whole number from 0 or a non-empty string',
  accepts: (value) => ROW_INDEX.accepts(value) || NON_EMPTY_TEXT.accepts(value),
};

/**
 * Tells the story of a row.
 *
 * @param row its `rowIndex` or its `stateId`
 * @throws TypeError on a misspelt option or a value that is none
 * @throws TrailQuestionError when there is no such run or row; the message says which there are
 */
export async function explainRow(
  trail: ReadableTrail,
  row: number | string,
  options: ExplainOptions = {},
): Promise<RowExplanation> {
  checkValue('explain row', { name: 'row', value: row }, ROW);
  checkOptions('explain row', options, OPTIONS);
  const { runId, alongside = false } = options;
  const run = await chooseRun(trail, runId);
  const filter = typeof row === 'number' ? { rowIndex: row } : { stateId: row };
  const records = await readAll(trail, { runId: run.runId, ...filter });
  const own = records.find(isOfRow);
  if (own === undefined) throw new TrailQuestionError(await describeUnknownRow(trail, run, row));
  const { stateId, rowIndex } = own;
  const story = explainRecords({ runId: run.runId, stateId, rowIndex }, records);
  const explanation = await transformsIn(trail, story, records);
  return alongside ? neighboursIn(trail, explanation) : explanation;
}

function isOfRow(record: AuditRecord): record is Extract<AuditRecord, { readonly rowIndex: number }> {
  return 'rowIndex' in record;
}
