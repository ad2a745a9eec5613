import { describe, expect } from 'vitest';
import { explainRow } from '../../../src/audit/questions/explain-row.ts';
import {
  MemoryAuditTrail,
  SqliteAuditTrail,
  type AuditRecord,
  type RowExplanation,
} from '../../../src/index.ts';
import { test } from '../../helpers/executor-fixture.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { diedBeforeAttempt, dispatchOf, RUN } from '../../helpers/interrupted-runs.ts';
import { readable } from '../../helpers/readable-trail.ts';
import { CALLING, FAILED, recordStories, REFUSED, storyRecords } from '../../helpers/story-runs.ts';
import { contextsOf, range } from '../../helpers/rows.ts';
import { without } from '../../helpers/trail-edits.ts';
import { openTrail } from '../../helpers/trail-files.ts';
import { makeDelayedTransform } from '../../helpers/transforms.ts';

function explain(records: readonly AuditRecord[], row: number | string): Promise<RowExplanation> {
  return explainRow(readable(records), row);
}

describe('explain', () => {
  test('tells the request, every attempt with response or error, and the place in the order', async () => {
    const records = await storyRecords();
    const { submission, attempts, entries, result, open } = await explain(records, REFUSED);
    expect(submission).toMatchObject({ request: REFUSED });
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'capacity', error: { statusCode: 503, message: 'busy' } },
      { attempt: 2, outcome: 'capacity', error: { statusCode: 503 } },
      { attempt: 3, outcome: 'ok', response: REFUSED * 2, backoffMs: 0 },
    ]);
    expect(entries).toMatchObject([{ submitIndex: REFUSED, attempts: 3 }]);
    expect(result).toMatchObject({ status: 'success', value: REFUSED * 2 });
    expect(open).toBeUndefined();
  });

  test('tells what each attempt waited for: the time between two attempts is all accounted for', async () => {
    const { submission, attempts } = await explain(await storyRecords(), REFUSED);
    let readyAt = submission!.at;
    for (const [index, { place, waits, backoffMs }] of attempts.entries()) {
      const waitedMs = waits.reduce((sum, { ms }) => sum + ms, 0);
      expect(readyAt + waitedMs).toBeCloseTo(place!.startedAt, 6);
      const ordered = waits.find((wait) => wait.for === 'backoff')?.ms ?? 0;
      expect(ordered).toBeCloseTo(attempts[index - 1]?.backoffMs ?? 0, 6);
      readyAt = place!.finishedAt;
      expect(backoffMs > 0).toBe(index < 2);
    }
  });

  test('tells calls with request, response or error, in the attempt that made them', async () => {
    const { attempts } = await explain(await storyRecords(), `row-${CALLING}`);
    expect(attempts).toHaveLength(1);
    expect(attempts[0]!.calls).toMatchObject([
      { callIndex: 0, name: 'find', request: { row: CALLING }, response: { found: CALLING } },
      { callIndex: 1, name: 'store', request: { found: CALLING }, error: { message: 'no space' } },
    ]);
  });

  test('tells why a row failed', async () => {
    const { result, attempts } = await explain(await storyRecords(), FAILED);
    expect(attempts).toMatchObject([{ outcome: 'failed', error: { name: 'RangeError' } }]);
    expect(result).toMatchObject({
      status: 'error',
      error: { code: 'transform_error', message: 'too large' },
    });
  });

  test('a row of a run that was continued is told from its first batch on, also if it is another one since', async ({
    createExecutor,
  }) => {
    const transform = (row: number) => row + 1;
    const audit = await diedBeforeAttempt(1, contextsOf([10, 20]), { transform });
    await audit.append([dispatchOf(audit, 1, 1)]);
    const executor = createExecutor({ transform, poolSize: 1, audit });
    await executor.executeBatch(contextsOf([10, 21]), { ...RUN, allowDrift: true });
    const [first, second] = [await explain(audit.records, 0), await explain(audit.records, 1)];
    expect([first.batches, first.replaced]).toEqual([1, undefined]);
    expect(second).toMatchObject({
      batches: 2,
      replaced: [{ request: 20 }],
      submission: { request: 21 },
      attempts: [{ outcome: 'lost' }, { outcome: 'ok', response: 22 }],
    });
    expect(second.replaced![0]!.at).toBeLessThan(second.submission!.at);
  });

  test('a row whose attempts did not all run the same transform: each says which, one that died by where it began', async ({
    createExecutor,
  }) => {
    const transform = (row: number) => row + 1;
    const audit = await diedBeforeAttempt(1, contextsOf([10, 20, 30]), { transform });
    await audit.append([dispatchOf(audit, 1, 1)]);
    const mended = (row: number) => row + 2;
    const executor = createExecutor({ transform: mended, poolSize: 1, audit });
    await executor.executeBatch(contextsOf([10, 20, 30]), { ...RUN, allowDrift: true });
    const [then, now] = audit.records.flatMap((record) =>
      record.kind === 'batch' ? [record.transform] : [],
    );
    expect((await explain(audit.records, 1)).attempts).toMatchObject([
      { attempt: 1, outcome: 'lost', transform: then },
      { attempt: 2, outcome: 'ok', transform: now },
    ]);
    for (const row of [0, 2])
      expect((await explain(audit.records, row)).attempts).toEqual([
        expect.not.objectContaining({ transform: expect.anything() as unknown }),
      ]);
    const killed = [...audit.records.filter(({ kind }) => kind !== 'entry'), dispatchOf(audit, 1, 3)];
    expect(await explain(killed, 1)).toMatchObject({ open: { attempt: 3, transform: then } });
  });

  test('a row that never finished has no result, and its open attempt is told with the call under way', async () => {
    const records = await storyRecords();
    const { runId, batchId, at } = records[0]!;
    const isAnswer = (record: AuditRecord) => record.kind === 'call' && record.phase !== 'request';
    const isEnd = (record: AuditRecord) =>
      record.kind === 'batch-end' ||
      (['attempt', 'entry'].includes(record.kind) && 'rowIndex' in record && record.rowIndex === CALLING);
    const own = records.findIndex((record) => record.kind === 'row' && record.rowIndex === CALLING);
    const dispatch: AuditRecord = {
      kind: 'dispatch',
      ...{ runId, batchId, at },
      sliceId: 99,
      rowIndices: [CALLING],
      attempts: [1],
    };
    const died = without(
      records.toSpliced(own + 1, 0, dispatch),
      (record) => isAnswer(record) || isEnd(record),
    );
    const explanation = await explain(died, CALLING);
    expect(explanation).not.toHaveProperty('result');
    expect(explanation.attempts).toEqual([]);
    expect(explanation.open).toMatchObject({
      attempt: 1,
      sliceId: 99,
      calls: [{ name: 'find' }, { name: 'store' }],
    });
    expect(explanation.open!.calls[0]).not.toHaveProperty('response');
  });

  test('a row that was cut off has an entry that says so, and no result', async () => {
    const records = (await storyRecords()).map((record): AuditRecord =>
      record.kind === 'entry' && record.rowIndex === 1
        ? {
            ...record,
            result: { status: 'error', error: { code: 'aborted', message: 'stop' }, retryable: true },
          }
        : record,
    );
    const explanation = await explain(records, 1);
    expect(explanation.entries).toHaveLength(1);
    expect(explanation).not.toHaveProperty('result');
  });

  test('neighbours are the rows that ran at the same time', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 2, sliceSize: 1, audit },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf(range(4)));
    for (const row of range(4)) {
      await delayed.started(row);
      await clock.advance(10);
      delayed.release(row);
    }
    await batch;
    const neighboursOf = async (row: number) => {
      const { attempts } = await explainRow(readable(audit.records), row, { alongside: true });
      return attempts.map(({ alongside }) => alongside!.map(({ rowIndex, attempt }) => [rowIndex, attempt]));
    };
    expect(await Promise.all(range(4).map(neighboursOf))).toEqual([
      [[[1, 1]]],
      [
        [
          [0, 1],
          [2, 1],
        ],
      ],
      [
        [
          [1, 1],
          [3, 1],
        ],
      ],
      [[[2, 1]]],
    ]);
  });

  test.each([
    [99, 'has no row 99: its rows are 0 to 11'],
    [
      'ROW-1',
      "has no row with state id 'ROW-1': its rows are 0 to 11; similar state ids are 'row-1', 'row-10', 'row-11'",
    ],
    ['customer', "has no row with state id 'customer': its rows are 0 to 11"],
  ])('an unknown row %s: the message says which there are', async (row, message) => {
    await expect(explain(await storyRecords(), row)).rejects.toThrow(message);
  });

  test('of several runs the last one is meant, but for one that got nowhere', async () => {
    const first = await storyRecords();
    const rename = (runId: string) => (record: AuditRecord) => ({ ...record, runId });
    const second = first.map(rename('second'));
    const nowhere = first.slice(0, 1).map(rename('third'));
    const all = readable([...first, ...second, ...nowhere]);
    expect((await explainRow(all, 1)).runId).toBe('second');
    expect((await explainRow(all, 1, { runId: 'story' })).runId).toBe('story');
    await expect(explainRow(all, 1, { runId: 'fourth' })).rejects.toThrow(
      "The trail has no run 'fourth': its runs are story, second, third",
    );
    await expect(explainRow(readable([]), 1)).rejects.toThrow('The trail has no runs yet');
  });

  test('SqliteAuditTrail.explain tells the same as the records in memory', async () => {
    const trail = openTrail();
    await recordStories(trail);
    const records: AuditRecord[] = [];
    for await (const page of trail.records()) for (const { record } of page) records.push(record);
    const reader = await SqliteAuditTrail.open(trail.path, { readOnly: true });
    for (const row of [REFUSED, FAILED, CALLING, 'row-0'])
      expect(await reader.explain(row, { alongside: true })).toEqual(
        await explainRow(readable(records), row, { alongside: true }),
      );
    await reader.close();
  });

  test.each([
    [[3], 'its only row is 3'],
    [[], 'it has no rows'],
    [[2, 0, 5], 'its rows are 0 to 5'],
  ])('a row that is unknown, where there are %j', async (rows, known) => {
    const [first, ...others] = await storyRecords();
    const row = others.find((record) => record.kind === 'row')!;
    const own = rows.map((rowIndex) => ({ ...row, rowIndex, stateId: `state ${rowIndex}` }));
    await expect(explain([first!, ...own], 99)).rejects.toThrow(
      `Run ${first!.runId} has no row 99: ${known}`,
    );
  });

  test('a run that is unknown, where there are none, some, or many', async () => {
    const [batch] = await storyRecords();
    const refusal = (count: number) =>
      explainRow(readable(Array.from({ length: count }, (_, n) => ({ ...batch!, runId: `r${n}` }))), 1, {
        runId: 'other',
      });
    await expect(refusal(0)).rejects.toThrow("The trail has no run 'other': it has none");
    await expect(refusal(2)).rejects.toThrow("The trail has no run 'other': its runs are r0, r1");
    await expect(refusal(6)).rejects.toThrow('its last are r1, r2, r3, r4, r5');
  });
});
