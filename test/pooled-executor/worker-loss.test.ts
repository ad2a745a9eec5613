import { describe, expect } from 'vitest';
import { ABORT_GRACE_MS } from '../../src/engine/flight-watch.ts';
import { MemoryAuditTrail, type Progress } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { codesOf, contextsOf, errorOf, outputsOf, range } from '../helpers/rows.ts';
import { SkippingClock } from '../helpers/skipping-clock.ts';
import { Stage } from '../helpers/stage.ts';
import { recordsOf } from '../helpers/trails.ts';
import { makeDelayedTransform } from '../helpers/transforms.ts';
import type { SharingRow } from '../workers/sharing-transform.ts';
import type { MisbehavingRow } from '../workers/misbehaving-transform.ts';

const transform = workerUrl('misbehaving-transform.ts');
/** No row takes that long: time is skipped. */
const ATTEMPT_MS = 60_000;

function makeTimed(
  createExecutor: CreateExecutor,
  {
    stage,
    clock,
    sliceSize,
  }: { readonly stage: Stage; readonly clock: SkippingClock; readonly sliceSize: number },
) {
  return createExecutor<MisbehavingRow, unknown>(
    { transform, poolSize: 2, sliceSize, attemptTimeoutMs: ATTEMPT_MS, workerData: { stage: stage.buffer } },
    { clock },
  );
}

describe('attemptTimeoutMs', () => {
  test.for(['loop', 'never settles'] as const)(
    'I11 a row that hangs (%s) ends as attempt_timeout, the others are not affected',
    async (what, { createExecutor }) => {
      const stage = new Stage();
      const clock = new SkippingClock();
      const executor = makeTimed(createExecutor, { stage, clock, sliceSize: 4 });
      const rows: MisbehavingRow[] = range(8).map((id) => (id === 1 ? { id, what } : { id }));
      const otherSlice = Promise.withResolvers<void>(); // is over: a row of it that ran would be late too
      const onProgress = ({ inFlight }: Progress) => {
        if (inFlight === 1) otherSlice.resolve();
      };
      const batch = executor.executeBatch(contextsOf(rows), { onProgress });
      await Promise.all([stage.started(1), otherSlice.promise]);
      clock.skip(ATTEMPT_MS + ABORT_GRACE_MS);
      const { entries, stats } = await batch;
      expect(codesOf(entries)).toEqual(rows.map(({ id }) => (id === 1 ? 'attempt_timeout' : 'ok')));
      expect(errorOf(entries[1])).toMatchObject({ retryable: false, error: { maxMs: ATTEMPT_MS } });
      expect(entries[1]?.attempts).toBe(1);
      expect(stats).toMatchObject({ successes: 7, errors: 1 });
    },
  );

  test('several rows hang, in every thread: an entry each, and the executor goes on', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const clock = new SkippingClock();
    const executor = makeTimed(createExecutor, { stage, clock, sliceSize: 1 });
    const rows: MisbehavingRow[] = range(4).map((id) => (id % 2 === 0 ? { id, what: 'loop' } : { id }));
    const batch = executor.executeBatch(contextsOf(rows));
    await stage.started(0, 2);
    clock.skip(ATTEMPT_MS);
    expect(codesOf(await batch)).toEqual(rows.map(({ id }) => (id % 2 === 0 ? 'attempt_timeout' : 'ok')));
  });

  test('a row in a thread that awaits for ever ends when its time is over', async ({ createExecutor }) => {
    const executor = createExecutor<MisbehavingRow, unknown>({
      transform,
      poolSize: 1,
      attemptTimeoutMs: 1, // nothing else is there that could take longer
      workerData: { stage: new Stage().buffer },
    });
    const { entries } = await executor.executeBatch(contextsOf([{ id: 0, what: 'never settles' }]));
    expect(codesOf(entries)).toEqual(['attempt_timeout']);
  });

  test('in-process: an async row that never settles ends when its time is over', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, sliceSize: 1, attemptTimeoutMs: 300 },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf([0, 1]));
    await delayed.started(0);
    await clock.advance(299);
    expect(delayed.log).toHaveLength(1);
    await clock.advance(1);
    await delayed.started(1);
    delayed.releaseAll();
    expect(codesOf(await batch)).toEqual(['attempt_timeout', 'ok']);
  });

  test('runs from the start of the row, not of its slice, and anew in each attempt', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, sliceSize: 3, attemptTimeoutMs: 300 },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf([0, 1, 2]));
    for (const row of [0, 1]) {
      await delayed.started(row);
      await clock.advance(200);
      delayed.release(row);
    }
    await delayed.started(2);
    await clock.advance(200);
    delayed.refuse(2);
    await clock.advance(50);
    await delayed.started(2, 2);
    await clock.advance(200);
    delayed.release(2);
    expect(codesOf(await batch)).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('worker_lost', () => {
  test('I11 process.exit in a row: after maxRowCrashes attempts it is given up, the others are not affected', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<MisbehavingRow, unknown>({
      transform,
      poolSize: 2,
      sliceSize: 4,
      workerData: { stage: stage.buffer },
    });
    const rows: MisbehavingRow[] = range(12).map((id) => (id === 2 ? { id, what: 'exit' } : { id }));
    const { entries, stats } = await executor.executeBatch(contextsOf(rows));
    expect(codesOf(entries)).toEqual(rows.map(({ id }) => (id === 2 ? 'worker_lost' : 'ok')));
    expect(entries[2]?.attempts).toBe(2);
    expect(errorOf(entries[2]).retryable).toBe(false);
    expect(stats).toMatchObject({ successes: 11, errors: 1, capacityRetries: 0 });
  });

  test('a row that kills its worker once succeeds at the second attempt', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<MisbehavingRow, unknown>({
      transform,
      poolSize: 1,
      workerData: { stage: stage.buffer },
    });
    const { entries } = await executor.executeBatch(
      contextsOf<MisbehavingRow>([{ id: 1, what: 'exit', times: 1 }]),
    );
    expect(outputsOf(entries)).toEqual([10]);
    expect(entries[0]?.attempts).toBe(2);
  });

  test.for([1, 3])(
    'maxRowCrashes %d is the number of attempts',
    async (maxRowCrashes, { createExecutor }) => {
      const stage = new Stage();
      const executor = createExecutor<MisbehavingRow, unknown>({
        transform,
        poolSize: 1,
        maxRowCrashes,
        workerData: { stage: stage.buffer },
      });
      const { entries } = await executor.executeBatch(
        contextsOf<MisbehavingRow>([{ id: 1, what: 'exit' }, { id: 2 }]),
      );
      expect(codesOf(entries)).toEqual(['worker_lost', 'ok']);
      expect(entries[0]?.attempts).toBe(maxRowCrashes);
    },
  );

  test('rows on other threads meanwhile are not touched', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<MisbehavingRow, unknown>({
      transform,
      poolSize: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(
      contextsOf<MisbehavingRow>([{ id: 0, what: 'held' }, { id: 1, what: 'exit' }, { id: 2 }]),
    );
    await stage.ended(2); // the thread was replaced while row 0 held its own
    stage.open(0);
    const { entries } = await batch;
    expect(codesOf(entries)).toEqual(['ok', 'worker_lost', 'ok']);
    expect(entries[0]?.attempts).toBe(1);
  });

  test('out of memory with resourceLimits is the row’s own error', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<MisbehavingRow, unknown>({
      transform,
      poolSize: 1,
      sliceSize: 1,
      maxRowCrashes: 1,
      resourceLimits: { maxOldGenerationSizeMb: 24 },
      workerData: { stage: stage.buffer },
    });
    const rows: MisbehavingRow[] = [{ id: 0 }, { id: 1, what: 'out of memory' }, { id: 2 }];
    expect(codesOf(await executor.executeBatch(contextsOf(rows)))).toEqual(['ok', 'worker_lost', 'ok']);
  });

  test('I5 every lost attempt is on record', async ({ createExecutor }) => {
    const stage = new Stage();
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<MisbehavingRow, unknown>({
      transform,
      poolSize: 1,
      sliceSize: 1,
      audit,
      workerData: { stage: stage.buffer },
    });
    await executor.executeBatch(contextsOf<MisbehavingRow>([{ id: 0, what: 'exit' }, { id: 1 }]));
    expect(
      recordsOf(audit, 'attempt').map(({ rowIndex, attempt, outcome }) => [rowIndex, attempt, outcome]),
    ).toEqual([
      [0, 1, 'lost'],
      [0, 2, 'lost'],
      [1, 1, 'ok'],
    ]);
  });
});

describe('worker_lost on a shared thread', () => {
  const sharing = workerUrl('sharing-transform.ts');

  test('I11 the row that ended it is known: the others are run again and charged nothing', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<SharingRow, unknown>({
      transform: sharing,
      poolSize: 3,
      threads: 1,
      sliceSize: 1,
      maxRowCrashes: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(
      contextsOf<SharingRow>([{ id: 0 }, { id: 1, then: 'exit' }, { id: 2 }]),
    );
    await stage.started(0, 1, 2);
    stage.open(1);
    await stage.until(() => stage.position('start', 0, 2) >= 0 && stage.position('start', 2, 2) >= 0);
    stage.openAll();
    const { entries } = await batch;
    expect(codesOf(entries)).toEqual(['ok', 'worker_lost', 'ok']);
    expect(entries.map(({ attempts }) => attempts)).toEqual([2, 1, 2]);
  });

  test('I11 the row that ended it is not known: each runs alone, and only the one that did it is charged', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<SharingRow, unknown>({
      transform: sharing,
      poolSize: 3,
      threads: 1,
      sliceSize: 1,
      resourceLimits: { maxOldGenerationSizeMb: 24 },
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(
      contextsOf<SharingRow>([{ id: 0 }, { id: 1, then: 'fill the heap' }, { id: 2 }]),
    );
    await stage.started(0, 1, 2);
    stage.open(1);
    await stage.until(() => stage.position('start', 0, 2) >= 0);
    stage.openAll();
    const { entries } = await batch;
    expect(codesOf(entries)).toEqual(['ok', 'worker_lost', 'ok']);
    expect(entries.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
    const alone = stage.events.filter(({ attempt }) => attempt === 2);
    expect(alone.map(({ kind, row }) => `${kind} ${row}`)).toEqual([
      'start 0',
      'end 0',
      'start 1',
      'start 2',
      'end 2',
    ]);
  });
});
