import { expect, test } from 'vitest';
import { RunSurvey } from '../../src/cli/run-survey.ts';
import type { RowOutline, RunHistory } from '../../src/index.ts';

type Status = Pick<RowOutline, 'entry' | 'result'>;

const ROWS: readonly Status[] = [
  { entry: 'success' },
  { entry: 'error' },
  {}, // never got anywhere
  { result: 'success' }, // its entry was on its way
  { result: 'error' },
  { entry: 'error', result: 'success' }, // run again, and its new entry was on its way
  { entry: 'success' },
  {},
];

/** A survey that has seen these rows, as the executor looks through them. */
async function surveyOf(retryFailed: boolean): Promise<RunSurvey> {
  const survey = new RunSurvey(retryFailed);
  const outlines = ROWS.map((status, rowIndex) => ({
    stateId: `row-${rowIndex}`,
    rowIndex,
    requestSha256: '',
    ...status,
  }));
  const history = {
    async *outlines() {
      yield outlines.slice(0, 3);
      yield outlines.slice(3);
    },
  } as unknown as RunHistory;
  const seen: RowOutline[] = [];
  for await (const page of survey.watch(history).outlines()) seen.push(...page);
  expect(seen).toEqual(outlines);
  return survey;
}

test('RunSurvey: rows whose result is on record, if only with their attempt, need not run', async () => {
  const survey = await surveyOf(false);
  expect([survey.finishedFirst, survey.toRunOf(ROWS.length)]).toEqual([2, 2]);
  expect(survey.describe(ROWS.length)).toBe(
    '8 rows are on record, 2 of them have to run, and any after them',
  );
  expect(survey.describe(3)).toBe('8 rows are on record, 1 of them has to run, and any after them');
  expect(ROWS.map((_, rowIndex) => survey.hasSucceeded(rowIndex))).toEqual(
    ROWS.map(({ entry }) => entry === 'success'),
  );
  expect(survey.hasSucceeded(ROWS.length)).toBe(false);
  expect([...ROWS.keys(), ROWS.length].filter((rowIndex) => !survey.hasResult(rowIndex))).toEqual([2, 7, 8]);
});

test('RunSurvey: with retryFailed those that have failed run too', async () => {
  const survey = await surveyOf(true);
  expect([survey.finishedFirst, survey.toRunOf(ROWS.length)]).toEqual([1, 4]);
  expect([...ROWS.keys()].filter((rowIndex) => !survey.hasResult(rowIndex))).toEqual([1, 2, 4, 7]);
});

test('RunSurvey: rows that the input has no more do not run', async () => {
  const survey = await surveyOf(true);
  expect([0, 2, 3, 7].map((rowCount) => survey.toRunOf(rowCount))).toEqual([0, 1, 2, 3]);
});
