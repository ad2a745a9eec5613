import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type PooledExecutorOptions } from '../../src/index.ts';
import { turns } from '../helpers/event-loop.ts';
import { workerUrl } from '../helpers/engines.ts';
import { test, type CreateExecutor, type Setup } from '../helpers/executor-fixture.ts';
import { codesOf, contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { SkippingClock } from '../helpers/skipping-clock.ts';
import { Stage } from '../helpers/stage.ts';
import { recordsOf } from '../helpers/trails.ts';
import type { HeldRow } from '../workers/held-transform.ts';
import type { MisbehavingRow } from '../workers/misbehaving-transform.ts';

/** While a worker runs a slice of two rows, it has the next two behind it. */
function makeExecutor(
  createExecutor: CreateExecutor,
  stage: Stage,
  options: Partial<PooledExecutorOptions<MisbehavingRow>> = {},
  setup: Setup = {},
) {
  return createExecutor<MisbehavingRow, unknown>(
    {
      transform: workerUrl('misbehaving-transform.ts'),
      poolSize: 1,
      sliceSize: 2,
      workerData: { stage: stage.buffer },
      ...options,
    },
    setup,
  );
}

function rowsOf(count: number, what: Partial<Record<number, Omit<MisbehavingRow, 'id'>>>): MisbehavingRow[] {
  return range(count).map((id) => ({ id, ...what[id] }));
}

const HELD = { what: 'held' } as const;

describe('a slice behind another', () => {
  test('I2 holds no permit, and begins when the one before it is over', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = makeExecutor(createExecutor, stage);
    const batch = executor.executeBatch(contextsOf(rowsOf(6, { 1: HELD })));
    await stage.started(1);
    await turns();
    expect(stage.starts).toEqual([0, 1]);
    expect(executor.availablePermits).toBe(0);
    stage.openAll();
    const { entries, stats } = await batch;
    expect(outputsOf(entries)).toEqual(range(6).map((id) => id * 10));
    expect(stage.starts).toEqual(range(6));
    expect(stats).toMatchObject({ attempts: 6, maxConcurrentReached: 1 });
  });

  test('goes to a worker that has nothing else to do, if its own is at a slow row', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = makeExecutor(createExecutor, stage, { poolSize: 2 });
    const batch = executor.executeBatch(contextsOf(rowsOf(8, { 0: HELD })));
    await stage.ended(2, 3, 4, 5, 6, 7); // 1 waits for 0; whichever slice was behind these two went elsewhere
    expect(stage.starts).not.toContain(1);
    stage.openAll();
    expect(outputsOf(await batch)).toEqual(range(8).map((id) => id * 10));
    expect(stage.highest).toBe(2);
  });

  test('I11 a row that hangs before it costs it no attempt', async ({ createExecutor }) => {
    const stage = new Stage();
    const clock = new SkippingClock();
    const executor = makeExecutor(createExecutor, stage, { attemptTimeoutMs: 60_000 }, { clock });
    const batch = executor.executeBatch(contextsOf(rowsOf(6, { 1: { what: 'loop' } })));
    await stage.started(1);
    clock.skip(60_000);
    const { entries } = await batch;
    expect(codesOf(entries)).toEqual(range(6).map((id) => (id === 1 ? 'attempt_timeout' : 'ok')));
    expect(entries.map(({ attempts }) => attempts)).toEqual(range(6).map(() => 1));
  });

  test('I2 its first row did not begin, on record, before the slice before it was over, when it ends the worker', async ({
    createExecutor,
  }) => {
    const audit = new MemoryAuditTrail();
    const executor = makeExecutor(createExecutor, new Stage(), { audit });
    for (let round = 0; round < 5; round++) {
      await executor.executeBatch(contextsOf(rowsOf(4, { 2: { what: 'exit' } })));
    }
    const attempts = recordsOf(audit, 'attempt').sort((a, b) => a.startedAt - b.startedAt);
    expect(attempts).toHaveLength(5 * 5);
    for (const [index, { finishedAt }] of attempts.entries()) {
      const next = attempts[index + 1]?.startedAt ?? Infinity;
      expect(next).toBeGreaterThanOrEqual(finishedAt);
    }
  });

  test('I11 a row that ends the worker before it costs it no attempt', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = makeExecutor(createExecutor, stage, { maxRowCrashes: 2 });
    const { entries } = await executor.executeBatch(contextsOf(rowsOf(6, { 1: { what: 'exit' } })));
    expect(codesOf(entries)).toEqual(range(6).map((id) => (id === 1 ? 'worker_lost' : 'ok')));
    expect(entries.map(({ attempts }) => attempts)).toEqual(range(6).map((id) => (id === 1 ? 2 : 1)));
  });

  test('does not begin when a row before it was refused: it passes the gate again', async ({
    createExecutor,
  }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<HeldRow, number>({
      transform: workerUrl('held-transform.ts'),
      poolSize: 1,
      sliceSize: 2,
      audit,
    });
    const rows = range(6).map((id) => (id === 1 ? { id, refused: 1 } : { id }));
    expect(outputsOf(await executor.executeBatch(contextsOf(rows)))).toEqual(range(6).map((id) => id * 10));
    const attempts = recordsOf(audit, 'attempt');
    const refused = attempts.find(({ outcome }) => outcome === 'capacity');
    const later = attempts.filter(({ startedAt }) => startedAt > refused!.finishedAt);
    expect(later.map(({ rowIndex }) => rowIndex).toSorted()).toEqual([1, 2, 3, 4, 5]);
    for (const { dispatchedAt } of later) expect(dispatchedAt).toBeGreaterThanOrEqual(refused!.finishedAt);
  });

  test('abort: its rows end at once, without an attempt, while the row before it still runs', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const controller = new AbortController();
    const executor = makeExecutor(createExecutor, stage);
    const batch = executor.executeBatch(contextsOf(rowsOf(6, { 0: HELD })), {
      signal: controller.signal,
    });
    await stage.started(0);
    controller.abort();
    await turns();
    expect(executor.availablePermits).toBe(0);
    stage.openAll();
    const { entries } = await batch;
    expect(codesOf(entries)).toEqual(['ok', ...range(5).map(() => 'aborted')]);
    expect(entries.map(({ attempts }) => attempts)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  test('of another batch: begins in its turn, and what becomes of the first batch is nothing to it', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const controller = new AbortController();
    const executor = makeExecutor(createExecutor, stage);
    const first = executor.executeBatch(contextsOf(rowsOf(2, { 0: HELD })), { signal: controller.signal });
    await stage.started(0);
    const second = executor.executeBatch(contextsOf([{ id: 10 }, { id: 11 }]));
    await turns();
    controller.abort();
    stage.openAll();
    expect(codesOf(await first)).toEqual(['ok', 'aborted']);
    expect(outputsOf(await second)).toEqual([100, 110]);
  });

  test('I7 of another batch that is aborted: its rows end at once, while the row of the first batch runs on', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const controller = new AbortController();
    const executor = makeExecutor(createExecutor, stage);
    const first = executor.executeBatch(contextsOf(rowsOf(2, { 0: HELD })));
    await stage.started(0);
    const second = executor.executeBatch(contextsOf([{ id: 10 }, { id: 11 }]), { signal: controller.signal });
    await turns();
    controller.abort();
    expect(codesOf(await second)).toEqual(['aborted', 'aborted']);
    expect(stage.ends).toEqual([]);
    stage.openAll();
    expect(codesOf(await first)).toEqual(['ok', 'ok']);
  });

  test.for([true, false])('I10 shutdown({ wait: %s }) while it waits', async (wait, { createExecutor }) => {
    const stage = new Stage();
    const executor = makeExecutor(createExecutor, stage);
    const batch = executor.executeBatch(contextsOf(rowsOf(6, { 0: HELD })));
    await stage.started(0);
    const shutdown = executor.shutdown({ wait });
    if (wait) stage.openAll();
    await shutdown;
    expect(codesOf(await batch)).toEqual(range(6).map(() => (wait ? 'ok' : 'shutdown_requested')));
  });
});
