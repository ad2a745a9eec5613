import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type AuditRecord } from '../../src/index.ts';
import { bothEngines, workerUrl } from '../helpers/engines.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { FAKE_EPOCH, FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { HeldTrail, recordsOf } from '../helpers/trails.ts';
import { makeFailingTransform, makeTrackedTransform, refuse } from '../helpers/transforms.ts';
import failing, { type ScriptedRow } from '../workers/failing-transform.ts';

describe('trail: what must be durable first', () => {
  test('a held row record holds the dispatch of the row', async ({ createExecutor }) => {
    const audit = new HeldTrail(({ kind }) => kind === 'row');
    const { transform, log } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2, audit });
    const batch = executor.executeBatch(contextsOf([0, 1]));
    await audit.arrival(({ kind }) => kind === 'row');
    await turns();
    expect(log).toEqual([]);
    expect(executor.availablePermits).toBe(2);
    audit.releaseAll();
    expect(outputsOf(await batch)).toEqual([0, 1]);
  });

  test('a held row record holds the dispatch in threads', async ({ createExecutor }) => {
    const stage = new Stage();
    const audit = new HeldTrail(({ kind }) => kind === 'row');
    const executor = createExecutor<number, number>({
      transform: workerUrl('tracked-transform.ts'),
      poolSize: 1,
      audit,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf([0]));
    await audit.arrival(({ kind }) => kind === 'row');
    await turns();
    expect(executor.availablePermits).toBe(1);
    expect(stage.events).toEqual([]);
    audit.releaseAll();
    await batch;
    expect(stage.starts).toEqual([0]);
  });

  test.for(['attempt', 'entry'] as const)(
    'a held %s record holds the delivery, not the permit',
    async (held, { createExecutor }) => {
      const audit = new HeldTrail(({ kind }) => kind === held);
      const { transform, log } = makeTrackedTransform<number>();
      const executor = createExecutor({ transform, poolSize: 1, sliceSize: 1, audit });
      const stream = executor.stream([0, 1], { window: 2 });
      const first = stream.next();
      await audit.arrival(({ kind }) => kind === held);
      expect(await isSettled(first)).toBe(false);
      expect(executor.availablePermits).toBe(1);
      expect(log).toHaveLength(2); // the work goes on meanwhile
      audit.releaseAll();
      expect((await first).value?.submitIndex).toBe(0);
      await collect(stream);
    },
  );

  test('a held batch-end record holds the result of executeBatch', async ({ createExecutor }) => {
    const audit = new HeldTrail(({ kind }) => kind === 'batch-end');
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      audit,
    });
    const batch = executor.executeBatch(contextsOf([0]));
    await audit.arrival(({ kind }) => kind === 'batch-end');
    expect(await isSettled(batch)).toBe(false);
    audit.releaseAll();
    await batch;
  });

  test('shutdown resolves after the last record of a stream is durable', async ({ createExecutor }) => {
    const audit = new HeldTrail(({ kind }) => kind === 'batch-end');
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      audit,
    });
    await collect(executor.stream([0, 1]));
    const shutDown = executor.shutdown();
    expect(await isSettled(shutDown)).toBe(false);
    audit.releaseAll();
    await shutDown;
    expect(recordsOf(audit, 'batch-end')).toHaveLength(1);
  });

  test('while one append is held, further records gather for the next, and go in their order', async ({
    createExecutor,
  }) => {
    const audit = new HeldTrail();
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 2,
      audit,
    });
    const batches = Promise.all([executor.map(range(5)), executor.map(range(5))]);
    await audit.arrival();
    const appends: (readonly AuditRecord[])[] = [];
    while (!(await isSettled(batches))) {
      appends.push(audit.held);
      audit.release();
      expect(audit.held).toEqual([]); // there was no other
      await turns();
    }
    audit.releaseAll();
    expect(audit.records).toEqual(appends.flat());
    expect(appends.length).toBeLessThanOrEqual(10); // of 34 records
    const own = Map.groupBy(audit.records, ({ batchId }) => batchId);
    expect(own.size).toBe(2);
    for (const records of own.values()) {
      const kinds = records.map(({ kind }) => kind);
      expect(kinds.slice(0, 6)).toEqual(['batch', ...range(5).map(() => 'row')]);
      for (const kind of ['row', 'attempt', 'entry'] as const)
        expect(recordsOf({ records }, kind).map(({ rowIndex }) => rowIndex)).toEqual(range(5));
      expect(kinds.at(-1)).toBe('batch-end');
    }
  });

  test('shutdown without waiting leaves no row without an end on record', async ({ createExecutor }) => {
    const audit = new HeldTrail(({ kind }) => kind === 'row');
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      audit,
    });
    const batch = executor.executeBatch(contextsOf([0, 1, 2]));
    await audit.arrival(({ kind }) => kind === 'row');
    await executor.shutdown({ wait: false });
    audit.releaseAll();
    await batch;
    expect(recordsOf(audit, 'entry').map(({ rowIndex }) => rowIndex)).toEqual([0, 1, 2]);
  });
});

describe.each(bothEngines('failing-transform.ts', failing))('trail: contents, $name', ({ transform }) => {
  test('one record of each kind, with everything that the design lists', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<ScriptedRow, number>({ transform, poolSize: 1, audit }, { clock });
    const row: ScriptedRow = { id: 3, refusals: 1 };
    const { entries, stats } = await clock.runUntil(
      executor.executeBatch([{ row, stateId: 'three', rowIndex: 8 }], { runId: 'run one' }),
    );
    expect(audit.records.map(({ kind }) => kind)).toEqual([
      'batch',
      'row',
      'attempt',
      'attempt',
      'entry',
      'batch-end',
    ]);
    expect(new Set(audit.records.map(({ runId }) => runId))).toEqual(new Set(['run one']));
    expect(new Set(audit.records.map(({ batchId }) => batchId)).size).toBe(1);
    for (const { at } of audit.records) expect(at).toBeGreaterThanOrEqual(FAKE_EPOCH);

    const [batch] = recordsOf(audit, 'batch');
    expect(batch?.options).toMatchObject({ poolSize: 1, maxDispatchDelayMs: 5000, sliceSize: 'auto' });
    expect(batch?.transform.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(recordsOf(audit, 'row')).toMatchObject([
      {
        stateId: 'three',
        rowIndex: 8,
        request: row,
        requestSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    ]);
    const [refused, ok] = recordsOf(audit, 'attempt');
    expect(refused).toMatchObject({
      stateId: 'three',
      rowIndex: 8,
      attempt: 1,
      outcome: 'capacity',
      error: { name: 'CapacityError', message: 'busy', statusCode: 503 },
      delayMs: 0,
      backoffMs: 50,
      delayAfterMs: 50,
    });
    expect(refused).not.toHaveProperty('response');
    expect(ok).toMatchObject({ attempt: 2, outcome: 'ok', response: 30, delayMs: 50, backoffMs: 0 });
    expect(ok).not.toHaveProperty('error');
    expect(ok!.sliceId).not.toBe(refused!.sliceId);
    expect(ok!.dispatchedAt).toBe(refused!.finishedAt + 50);
    expect(recordsOf(audit, 'entry')).toMatchObject([{ ...entries[0] }]);
    expect(recordsOf(audit, 'batch-end')).toMatchObject([{ stats }]);
  });

  test('a failed row has its error in the attempt and in the entry', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<ScriptedRow, number>({ transform, poolSize: 1, audit });
    await executor.executeBatch(contextsOf([{ id: 1, error: 'bad' }]));
    const [attempt] = recordsOf(audit, 'attempt');
    const [entry] = recordsOf(audit, 'entry');
    expect(attempt).toMatchObject({ outcome: 'failed', error: { code: 'transform_error', message: 'bad' } });
    expect(entry?.result).toMatchObject({ status: 'error', error: { message: 'bad' } });
  });
});

describe('trail: figures', () => {
  test('from the attempt records alone: the highest concurrency is that of the stats', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 3,
      sliceSize: 1,
      audit,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(5)));
    await stage.started(0, 1, 2);
    stage.openAll();
    const { stats } = await batch;
    const attempts = recordsOf(audit, 'attempt');
    const highest = Math.max(
      ...attempts.map(
        ({ startedAt }) =>
          attempts.filter((other) => other.startedAt <= startedAt && startedAt < other.finishedAt).length,
      ),
    );
    expect(highest).toBe(3);
    expect(stats.maxConcurrentReached).toBe(3);
    const held = attempts.filter(({ rowIndex }) => rowIndex < 3);
    expect(new Set(held.map(({ threadId }) => threadId)).size).toBe(3);
  });

  test('rows with the same content have the same hash, others another', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor({
      transform: makeTrackedTransform<unknown>().transform,
      poolSize: 1,
      audit,
    });
    await executor.map([{ a: 1 }, { a: 1 }, { a: 2 }, new Map([['a', 1]]), new Map([['a', 1]]), 'text', 5n]);
    const hashes = recordsOf(audit, 'row').map(({ requestSha256 }) => requestSha256);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[3]).toBe(hashes[4]);
    expect(new Set(hashes).size).toBe(5);
  });

  test('a row that can not be cloned has its entry on record', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor({
      transform: makeTrackedTransform<unknown>().transform,
      poolSize: 1,
      audit,
    });
    await executor.map([() => 1, 5]);
    expect(recordsOf(audit, 'entry').map(({ rowIndex, attempts }) => [rowIndex, attempts])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test('batches that overlap keep their records apart', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const { transform } = makeFailingTransform(refuse(range(6), 2));
    const executor = createExecutor({ transform, poolSize: 2, audit }, { clock });
    await clock.runUntil(
      Promise.all([
        executor.executeBatch(contextsOf([0, 1, 2])),
        executor.executeBatch(contextsOf([3, 4, 5])),
      ]),
    );
    const batches = Map.groupBy(audit.records, ({ batchId }) => batchId);
    expect(batches.size).toBe(2);
    for (const records of batches.values()) expect(records).toHaveLength(1 + 3 + 9 + 3 + 1);
  });
});
