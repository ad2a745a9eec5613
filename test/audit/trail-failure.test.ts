import { describe, expect } from 'vitest';
import { workerUrl } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, contextsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { BrokenTrail, recordsOf } from '../helpers/trails.ts';
import {
  makeDelayedTransform,
  makeFailingTransform,
  makeTrackedTransform,
  refuse,
} from '../helpers/transforms.ts';
import calling, { type CallingRow } from '../workers/calling-transform.ts';

const KINDS = ['batch', 'row', 'attempt', 'entry', 'batch-end'] as const;

describe('trail that can record no more', () => {
  test.for(KINDS)(
    'I10 at a %s record: the batch rejects with the reason, and so does every later one',
    async (at, { createExecutor }) => {
      const reason = new Error('disk full');
      const audit = new BrokenTrail(({ kind }) => kind === at, reason);
      const { transform } = makeTrackedTransform<number>();
      const executor = createExecutor({ transform, poolSize: 2, audit }, { further: 'refused' });
      const error: unknown = await executor
        .executeBatch(contextsOf(range(20)))
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: expect.stringContaining('disk full') as string, cause: reason });
      await expect(executor.map([1])).rejects.toThrow('disk full');
      await expect((async () => collect(executor.stream([1])))()).rejects.toThrow('disk full');
      expect(executor.availablePermits).toBe(2);
      expect(executor.pendingCount).toBe(0);
    },
  );

  test.for(['row', 'attempt', 'entry'] as const)(
    'no unrecorded result is emitted: a stream ends with the reason at a %s record',
    async (at, { createExecutor }) => {
      const audit = new BrokenTrail((record) => record.kind === at && record.rowIndex === 5);
      const executor = createExecutor(
        { transform: makeTrackedTransform<number>().transform, poolSize: 1, sliceSize: 1, audit },
        { further: 'refused' },
      );
      let closed = false;
      const source = function* () {
        try {
          for (let row = 0; ; row++) yield row;
        } finally {
          closed = true;
        }
      };
      const emitted: number[] = [];
      await expect(
        (async () => {
          for await (const { rowIndex } of executor.stream(source(), { window: 2 })) emitted.push(rowIndex);
        })(),
      ).rejects.toThrow('disk full');
      expect(emitted).toEqual(range(emitted.length));
      expect(emitted.length).toBeLessThanOrEqual(5);
      expect(recordsOf(audit, 'entry').length).toBeGreaterThanOrEqual(emitted.length);
      expect(closed).toBe(true);
      await turns();
    },
  );

  test('a reason that is no error is told all the same', async ({ createExecutor }) => {
    const audit = new BrokenTrail(({ kind }) => kind === 'row', 'gone');
    const executor = createExecutor(
      { transform: makeTrackedTransform<number>().transform, poolSize: 1, audit },
      { further: 'refused' },
    );
    await expect(executor.map([1])).rejects.toThrow(/audit trail: gone/);
  });

  test('all batches in progress end, also rows that run and rows in backoff', async ({ createExecutor }) => {
    const clock = new FakeClock();
    let broken = false;
    const audit = new BrokenTrail(() => broken);
    const delayed = makeDelayedTransform<string>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 6, sliceSize: 1, audit },
      { clock, further: 'refused' },
    );
    const one = executor.executeBatch(contextsOf(['a0', 'a1', 'a2', 'a3']));
    const two = executor.executeBatch(contextsOf(['b0', 'b1']));
    const failures = Promise.allSettled([one, two]);
    await delayed.started('b1');
    delayed.refuse('a0');
    await turns();
    expect(clock.timers).toBe(1);
    broken = true;
    delayed.releaseAll();
    const outcomes = await failures;
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(clock.timers).toBe(0);
  });

  test('a trail whose append throws, rather than rejects, is no different', async ({ createExecutor }) => {
    const audit = new BrokenTrail(() => false);
    audit.append = () => {
      throw new Error('thrown at once');
    };
    const executor = createExecutor(
      { transform: makeTrackedTransform<number>().transform, poolSize: 1, audit },
      { further: 'refused' },
    );
    await expect(executor.map([1])).rejects.toThrow('thrown at once');
  });

  test('at a call record: fn is not run, and the batch rejects', async ({ createExecutor }) => {
    const stage = new Stage();
    const audit = new BrokenTrail(({ kind }) => kind === 'call');
    const executor = createExecutor<CallingRow, unknown>(
      { transform: calling, poolSize: 1, audit, workerData: { stage: stage.buffer } },
      { further: 'refused' },
    );
    await expect(executor.map([{ id: 1, calls: 1 }])).rejects.toThrow('disk full');
    await turns();
    expect(stage.starts).toEqual([]);
  });

  test('in threads: the rows that run are let end, and shutdown resolves', async ({ createExecutor }) => {
    const stage = new Stage();
    let broken = false;
    const audit = new BrokenTrail(() => broken);
    const executor = createExecutor<number, number>(
      {
        transform: workerUrl('delayed-transform.ts'),
        poolSize: 2,
        sliceSize: 1,
        audit,
        workerData: { stage: stage.buffer },
      },
      { further: 'refused' },
    );
    const batch = executor.executeBatch(contextsOf(range(10)));
    const failure = expect(batch).rejects.toThrow('disk full');
    await stage.started(0, 1);
    broken = true;
    stage.open(0);
    await stage.ended(0);
    stage.openAll();
    await failure;
    expect(stage.starts.length).toBeLessThan(10);
    await executor.shutdown();
  });

  test('refused rows do not come back after the failure', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const audit = new BrokenTrail((record) => record.kind === 'attempt' && record.rowIndex === 1);
    const { transform, log } = makeFailingTransform(refuse([0], Infinity));
    const executor = createExecutor(
      { transform, poolSize: 1, sliceSize: 1, audit },
      { clock, further: 'refused' },
    );
    await expect(executor.map([0, 1])).rejects.toThrow('disk full');
    await clock.advance(60_000);
    expect(log).toHaveLength(2);
  });
});
