import { describe, expect, test } from 'vitest';
import type { AuditRecord, Entry, Finding, OutputCheck } from '../../../src/index.ts';
import { auditRuns } from '../../../src/audit/questions/audit-runs.ts';
import { verifyRun } from '../../../src/audit/questions/verify-run.ts';
import { readable } from '../../helpers/readable-trail.ts';
import {
  CALLING,
  FAILED,
  recordStories,
  REFUSED,
  STORY_ROWS,
  storyRecords,
} from '../../helpers/story-runs.ts';
import { changed, twice, without } from '../../helpers/trail-edits.ts';
import { openTrail } from '../../helpers/trail-files.ts';

type OfKind = AuditRecord['kind'];

const CONTINUES = 'its process died, and --resume (or its runId) continues it, or it still runs';
const aborted = { status: 'error', error: { code: 'aborted', message: '' }, retryable: true } as const;

/** So many rows that were submitted, and have no neighbours and no entries. */
function manyRows(records: readonly AuditRecord[], count: number): readonly AuditRecord[] {
  const row = records.find(of('row', 4)) as Extract<AuditRecord, { kind: 'row' }>;
  return Array.from({ length: count }, (_, index) => ({
    ...row,
    rowIndex: 100 + 2 * index,
    stateId: `more-${index}`,
  }));
}

/** What is wrong with the records. */
async function problemsIn(records: readonly AuditRecord[]): Promise<string[]> {
  const { ok, findings, findingCount } = await verifyRun(readable(records));
  expect(ok).toBe(findings.length === 0);
  expect(findingCount).toBe(findings.length);
  return findings.map(({ message }) => message);
}

/** Accepts the records of a kind about a row. */
function of(kind: OfKind, row: number) {
  return (record: AuditRecord) => record.kind === kind && 'rowIndex' in record && record.rowIndex === row;
}

/** The records and a batch that continues the run: row {@link FAILED} runs again and succeeds. */
function retried(records: readonly AuditRecord[], retryFailed = true): readonly AuditRecord[] {
  const own = records.filter((record) => record.kind !== 'call' && record.kind !== 'row');
  const entry = records.find((record) => record.kind === 'entry' && record.rowIndex === FAILED) as Extract<
    AuditRecord,
    { kind: 'entry' }
  >;
  const again = own.filter((record) => !('rowIndex' in record) || record.rowIndex === FAILED);
  const more = again.map((record): AuditRecord => {
    const moved = { ...record, batchId: 'again' };
    if (moved.kind === 'batch') return { ...moved, continues: { drift: [], retryFailed } };
    if (moved.kind === 'attempt') return { ...moved, attempt: 2, outcome: 'ok', response: 10 };
    if (moved.kind === 'entry') return { ...moved, attempts: 2, result: { status: 'success', value: 10 } };
    return moved;
  });
  expect(entry.attempts).toBe(1);
  return [...records, ...more];
}

/** Notes what it is asked to compare. */
class NotedOutput implements OutputCheck {
  readonly needsRequests: boolean;
  readonly seen: { readonly entry: Entry<unknown>; readonly request: unknown }[] = [];
  readonly #findings: readonly Finding[];

  constructor(needsRequests: boolean, findings: readonly Finding[] = []) {
    this.needsRequests = needsRequests;
    this.#findings = findings;
  }

  check(entry: Entry<unknown>, request: unknown): void {
    this.seen.push({ entry, request });
  }

  end(): Promise<readonly Finding[]> {
    return Promise.resolve(this.#findings);
  }
}

describe('verify', () => {
  test('a whole record: nothing is found, and what was checked is counted', async () => {
    const records = await storyRecords();
    expect(await verifyRun(readable(records))).toMatchObject({
      runId: 'story',
      ok: true,
      checked: { batches: 1, rows: STORY_ROWS, attempts: STORY_ROWS + 2, calls: 4, entries: STORY_ROWS },
      findings: [],
      findingCount: 0,
    });
  });

  test('a row without its terminal entry', async () => {
    expect(await problemsIn(without(await storyRecords(), of('entry', 4)))).toEqual([
      'Row 4 has no terminal entry',
    ]);
  });

  test('a row that was cut off', async () => {
    const records = changed(await storyRecords(), 'entry', ({ rowIndex }) =>
      rowIndex === FAILED ? { result: aborted } : undefined,
    );
    expect(await problemsIn(records)).toEqual([
      `Row ${FAILED} has no terminal entry: it was cut off (aborted)`,
    ]);
  });

  test('a second entry, a second submission', async () => {
    const records = await storyRecords();
    expect(await problemsIn(twice(records, of('entry', 4)))).toEqual([
      'Row 4 has a second terminal entry (success) after success',
    ]);
    expect(await problemsIn(twice(records, of('entry', FAILED)))).toEqual([
      `Row ${FAILED} has a second terminal entry (transform_error) after transform_error`,
    ]);
    expect(await problemsIn(twice(records, of('row', 4)))).toEqual(['Row 4 was submitted twice']);
  });

  test('an attempt that is missing, comes twice, or comes after the result', async () => {
    const records = await storyRecords();
    const second = (record: AuditRecord) =>
      of('attempt', REFUSED)(record) && 'attempt' in record && record.attempt === 2;
    expect(await problemsIn(without(records, second))).toEqual([
      `Row ${REFUSED} has attempt 3 after attempt 1`,
    ]);
    expect(await problemsIn(twice(records, second))).toEqual([
      `Row ${REFUSED} has attempt 2 after attempt 2`,
    ]);
    const late = records.find(of('attempt', 4)) as Extract<AuditRecord, { kind: 'attempt' }>;
    expect(await problemsIn([...records, { ...late, attempt: 2 }])).toContain(
      'Row 4 ran again (attempt 2) after its result (success)',
    );
    expect(await problemsIn(without(records, of('row', 4)))).toEqual([
      'Row 4 has attempt 1, but was not submitted',
    ]);
  });

  test('an entry that is not what the attempts came to', async () => {
    const records = await storyRecords();
    const failed = changed(records, 'attempt', ({ rowIndex }) =>
      rowIndex === 4 ? { outcome: 'failed' } : undefined,
    );
    expect(await problemsIn(failed)).toEqual([
      "Row 4 has the result 'success' after an attempt that was 'failed'",
    ]);
    const well = changed(records, 'attempt', ({ rowIndex }) =>
      rowIndex === FAILED ? { outcome: 'ok' } : undefined,
    );
    expect(await problemsIn(well)).toEqual([
      `Row ${FAILED} has the result 'transform_error' after an attempt that was 'ok'`,
    ]);
    expect(await problemsIn(without(records, of('attempt', FAILED)))).toEqual([
      `Row ${FAILED} has an entry with 1 attempts, but 0 on record`,
    ]);
  });

  test('a call index that is used twice, an answer without a request', async () => {
    const records = await storyRecords();
    const isRequest = (record: AuditRecord) => record.kind === 'call' && record.phase === 'request';
    expect(await problemsIn(twice(records, isRequest))).toEqual([
      `Row with state id 'row-${CALLING}': call index 0 is used twice`,
    ]);
    expect(await problemsIn(without(records, isRequest))).toEqual([
      `Row with state id 'row-${CALLING}': call 0 ended, and was not under way`,
      `Row with state id 'row-${CALLING}': call 1 ended, and was not under way`,
    ]);
  });

  test('a run that never ended is said so, also when all rows have their results', async () => {
    const records = without(await storyRecords(), ({ kind }) => kind === 'batch-end');
    expect(await problemsIn(records)).toEqual([
      `Run never ended, and all its rows so far have their results: ${CONTINUES}`,
    ]);
    expect(await problemsIn(without(records, of('entry', 4)))).toEqual([
      `Run never ended, and 1 of its rows don't have their results: ${CONTINUES}`,
      'Row 4 has no terminal entry: the run has not ended',
    ]);
  });

  test('neighbours without a terminal entry stand together, by what became of them', async () => {
    const cutOff = changed(await storyRecords(), 'entry', ({ rowIndex }) =>
      rowIndex === 8 || rowIndex === 9 ? { result: aborted, attempts: 0 } : undefined,
    );
    const records = without(
      cutOff,
      (record) =>
        (record.kind === 'entry' && [1, 5, 6, 7, 10].includes(record.rowIndex)) ||
        (record.kind === 'attempt' && [8, 9].includes(record.rowIndex)),
    );
    expect(await problemsIn(records)).toEqual([
      'Row 1 has no terminal entry',
      'Rows 5 to 7 have no terminal entry',
      'Rows 8 to 9 have no terminal entry: they were cut off (aborted)',
      'Row 10 has no terminal entry',
    ]);
    expect((await verifyRun(readable(records))).findings).toContainEqual({
      about: 'row',
      message: 'Rows 5 to 7 have no terminal entry',
      rowIndex: 5,
      lastRowIndex: 7,
    });
  });

  test('what is wrong with the run and the output comes first, however many rows are wrong', async () => {
    const ended = await storyRecords();
    const records = without(ended, ({ kind }) => kind === 'batch-end').concat(manyRows(ended, 200));
    const finding: Finding = { about: 'output', message: 'out.ndjson ends after line 3', line: 3 };
    const output = new NotedOutput(false, [finding]);
    const { findings, findingCount } = await verifyRun(readable(records), { output });
    expect(findings).toHaveLength(100);
    expect(findingCount).toBe(202);
    expect(findings.slice(0, 3)).toMatchObject([
      { about: 'run', message: expect.stringContaining('--resume') as string },
      finding,
      { about: 'row', rowIndex: 100 },
    ]);
  });

  test('a run that was stopped before the end of its input, until it is continued', async () => {
    const records = await storyRecords();
    expect(await verifyRun(readable(records))).toMatchObject({ ok: true, stopped: false });
    const stopped = changed(records, 'batch-end', () => ({ sourceEnded: false }));
    expect(await verifyRun(readable(stopped))).toMatchObject({ ok: true, stopped: true });
    expect((await auditRuns(readable(stopped))).runs).toMatchObject([{ stopped: true }]);
    const continued = [...retried(stopped).slice(0, -1), { ...records.at(-1)!, batchId: 'again' }];
    expect(await verifyRun(readable(continued))).toMatchObject({ ok: true, stopped: false });
    expect((await auditRuns(readable(continued))).runs).toMatchObject([{ stopped: false }]);
  });

  test('a run that has ended and has rows without a result was stopped, until it is continued', async () => {
    const records = await storyRecords();
    const cut = changed(records, 'entry', ({ rowIndex }) => (rowIndex === FAILED ? { result: aborted } : {}));
    expect(await verifyRun(readable(cut))).toMatchObject({ ok: false, stopped: true });
    expect((await auditRuns(readable(cut))).runs).toMatchObject([{ stopped: true }]);
    const died = without(cut, ({ kind }) => kind === 'batch-end');
    expect(await verifyRun(readable(died))).toMatchObject({ stopped: false });
    expect((await auditRuns(readable(died))).runs).toMatchObject([{ stopped: false }]);
    const continued = [...retried(cut).slice(0, -1), { ...records.at(-1)!, batchId: 'again' }];
    expect(await verifyRun(readable(continued))).toMatchObject({ ok: true, stopped: false });
  });

  test('an output that can not be compared is no fault of the records, whatever else is wrong', async () => {
    const records = without(await storyRecords(), ({ kind }) => kind === 'batch-end');
    const reason = new Error('gone');
    const output: OutputCheck = {
      needsRequests: false,
      check: () => undefined,
      end: () => Promise.reject(reason),
    };
    await expect(verifyRun(readable(records), { output })).rejects.toBe(reason);
  });

  test('a batch that continues the run takes over from one that never ended', async () => {
    const records = await storyRecords();
    const died = without(records, ({ kind }) => kind === 'batch-end');
    expect(await problemsIn(died)).toHaveLength(1);
    expect(await problemsIn(retried(died).concat({ ...records.at(-1)!, batchId: 'again' }))).toEqual([]);
  });

  test('a failed row that was run again has its last result, once, and only where that was asked for', async () => {
    const records = await storyRecords();
    expect(await problemsIn(retried(records))).toEqual([]);
    expect(await problemsIn(retried(records, false))).toEqual([
      `Row ${FAILED} ran again (attempt 2) after its result (transform_error)`,
      `Row ${FAILED} has a second terminal entry (success) after transform_error`,
    ]);
    const entryAgain = (record: AuditRecord) => of('entry', FAILED)(record) && record.batchId === 'again';
    expect(await problemsIn(twice(retried(records), entryAgain))).toHaveLength(1);
  });

  test('the output is given every result in order, that of a row that was run again in its place', async () => {
    const output = new NotedOutput(true);
    const { checked } = await verifyRun(readable(retried(await storyRecords())), { output });
    expect(checked.results).toBe(STORY_ROWS);
    expect(output.seen.map(({ entry }) => entry.rowIndex)).toEqual(
      Array.from({ length: STORY_ROWS }, (_, row) => row),
    );
    expect(output.seen.map(({ request }) => request)).toEqual(output.seen.map(({ entry }) => entry.rowIndex));
    expect(output.seen[FAILED]!.entry.result).toEqual({ status: 'success', value: 10 });
  });

  test('the output is given a row that was cut off before others had ended in its place', async () => {
    const records = retried(await storyRecords()).map((record): AuditRecord => {
      if (record.kind !== 'entry' || record.rowIndex !== FAILED || record.batchId === 'again') return record;
      const error = { code: 'shutdown_requested', message: '' } as const;
      return { ...record, result: { status: 'error', error, retryable: true } };
    });
    const output = new NotedOutput(false);
    await verifyRun(readable(records), { output });
    expect(output.seen.map(({ entry }) => entry.rowIndex)).toEqual(
      Array.from({ length: STORY_ROWS }, (_, row) => row),
    );
    expect(output.seen[FAILED]?.entry.result).toEqual({ status: 'success', value: 10 });
  });

  test('what the output finds is a finding; requests are kept only for one that needs them', async () => {
    const finding: Finding = { about: 'output', message: 'line 3 differs', line: 3 };
    const output = new NotedOutput(false, [finding]);
    const { ok, findings } = await verifyRun(readable(await storyRecords()), { output });
    expect(ok).toBe(false);
    expect(findings).toEqual([finding]);
    expect(output.seen.every(({ request }) => request === undefined)).toBe(true);
  });

  test('of many findings the first hundred are kept, and all are counted', async () => {
    const records = await storyRecords();
    const { findings, findingCount } = await verifyRun(readable([...records, ...manyRows(records, 200)]));
    expect(findings).toHaveLength(100);
    expect(findingCount).toBe(200);
  });

  test('SqliteAuditTrail.verify: the chain too, with its head', async () => {
    const trail = openTrail();
    await recordStories(trail);
    const { ok, chain, findings } = await trail.verify();
    expect(findings).toEqual([]);
    expect(ok).toBe(true);
    expect(chain).toMatchObject({
      intact: true,
      headHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    let last = '';
    for await (const page of trail.records()) last = page.at(-1)!.hash;
    expect(chain.headHash).toBe(last);
  });

  test('a broken chain is found, whatever else can be read', async () => {
    const broken = {
      ...readable(await storyRecords()),
      verifyChain: () =>
        Promise.resolve({
          intact: false,
          records: 5,
          headHash: '',
          problems: ['record 3 is not as written'],
        }),
    };
    expect(await verifyRun(broken)).toMatchObject({
      ok: false,
      findings: [{ about: 'chain', message: 'record 3 is not as written' }],
    });
  });
});
