import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import { CapacityError, type Transform } from '../../src/index.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { openTrail, recordsIn, trailPath } from '../helpers/trail-files.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const QUERIES = [...README.matchAll(/```sql\n(.*?)```/gs)]
  .flatMap(([, block]) => (block ?? '').split(';'))
  .map((query) => query.trim())
  .filter((query) => query !== '');

/** A trail of six rows: one fails, one is refused once, one makes a call, one is large. */
async function writeTrail(createExecutor: CreateExecutor, path: string) {
  const trail = openTrail(path);
  const transform: Transform<{ row: number }, unknown> = async ({ row }, context) => {
    if (row === 1) throw new RangeError('too large');
    if (row === 2 && context.attempt === 1) throw new CapacityError(503);
    if (row === 3) await context.call('ask', { row }, () => ({ answer: row }));
    return row === 4 ? { text: 'x'.repeat(5_000) } : { row, twice: 2 * row };
  };
  const executor = createExecutor({ transform, recoveryStepMs: 1, audit: trail }, { further: 'refused' });
  await executor.map(
    Array.from({ length: 6 }, (_, row) => ({ row })),
    { runId: 'one' },
  );
  await executor.executeBatch([{ row: { row: 5 }, rowIndex: 70, stateId: 'own' }], { runId: 'one' });
  const records = await recordsIn(trail);
  await trail.close();
  return records;
}

test('views: show every record with its fields in columns', async ({ createExecutor }) => {
  const path = trailPath();
  const records = await writeTrail(createExecutor, path);
  const database = new DatabaseSync(path, { readOnly: true });
  const all = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  const of = <Kind extends string>(kind: Kind) =>
    records.filter(
      (record): record is Extract<(typeof records)[number], { kind: Kind }> => record.kind === kind,
    );
  expect(all('SELECT row_index, state_id, json(request) AS request FROM rows ORDER BY seq')).toEqual(
    of('row').map(({ rowIndex, stateId, request }) => ({
      row_index: rowIndex,
      state_id: stateId,
      request: JSON.stringify(request),
    })),
  );
  expect(
    all(`SELECT row_index, state_id, attempt, outcome, response, error ->> 'code' AS code, thread_id, slice_id,
                dispatched_at, started_at, finished_at, delay_ms, backoff_ms FROM attempts ORDER BY seq`),
  ).toEqual(
    of('attempt').map((record) => ({
      row_index: record.rowIndex,
      state_id: record.stateId,
      attempt: record.attempt,
      outcome: record.outcome,
      response: record.response === undefined ? null : JSON.stringify(record.response),
      code: record.error?.code ?? null,
      thread_id: record.threadId,
      slice_id: record.sliceId,
      dispatched_at: record.dispatchedAt,
      started_at: record.startedAt,
      finished_at: record.finishedAt,
      delay_ms: record.delayMs,
      backoff_ms: record.backoffMs,
    })),
  );
  expect(
    all(`SELECT row_index, status, error ->> 'code' AS code, submit_index, complete_index, submitted_at, completed_at,
                buffer_wait_ms, attempts FROM entries ORDER BY seq`),
  ).toEqual(
    of('entry').map((record) => ({
      row_index: record.rowIndex,
      status: record.result.status,
      code: record.result.status === 'error' ? record.result.error.code : null,
      submit_index: record.submitIndex,
      complete_index: record.completeIndex,
      submitted_at: record.submittedAt,
      completed_at: record.completedAt,
      buffer_wait_ms: record.bufferWaitMs,
      attempts: record.attempts,
    })),
  );
  expect(all('SELECT state_id, call_index, name, phase, request, response FROM calls ORDER BY seq')).toEqual([
    { state_id: 'row-3', call_index: 0, name: 'ask', phase: 'request', request: '{"row":3}', response: null },
    {
      state_id: 'row-3',
      call_index: 0,
      name: 'ask',
      phase: 'response',
      request: null,
      response: '{"answer":3}',
    },
  ]);
  expect(all(`SELECT run_id, transform ->> 'url' AS url FROM batches`)).toHaveLength(2);
  expect(all(`SELECT sum(stats ->> 'submitted') AS submitted FROM batch_ends`)).toEqual([{ submitted: 7 }]);
  database.close();
});

test('README: its queries give what they say', async ({ createExecutor }) => {
  const path = trailPath();
  await writeTrail(createExecutor, path);
  const database = new DatabaseSync(path, { readOnly: true });
  const [slowest, codes, waits] = QUERIES.map((query) => database.prepare(query).all());
  expect(slowest).toHaveLength(8);
  expect(slowest?.every(({ ms, request }) => Number(ms) >= 0 && String(request).startsWith('{"row":'))).toBe(
    true,
  );
  expect(codes).toEqual([expect.objectContaining({ code: 'transform_error', times: 1 })]);
  expect(waits).toEqual([expect.objectContaining({ row_index: 2, refusals: 1 })]);
  database.close();
});
