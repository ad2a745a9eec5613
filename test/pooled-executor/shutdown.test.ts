import { describe, expect } from 'vitest';
import { MemoryAuditTrail, PooledExecutor, type PooledExecutorOptions } from '../../src/index.ts';
import { collectGarbage } from '../helpers/collect-garbage.ts';
import { bothEngines, workerUrl } from '../helpers/engines.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { liveThreads } from '../helpers/live-workers.ts';
import { codesOf, collect, contextsOf, errorOf, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import {
  makeDelayedTransform,
  makeFailingTransform,
  makeTrackedTransform,
  refuse,
} from '../helpers/transforms.ts';
import failing, { type ScriptedRow } from '../workers/failing-transform.ts';

const REFUSAL = 'the executor is shut down';
/** Collections after which nothing is left of an executor that nobody holds, however late its threads' last events are. */
const ROUNDS = 20;
/** A signal that outlives executors. */
const LASTING = new AbortController().signal;

describe('shutdown({ wait: true })', () => {
  test('with a batch held at a barrier: refuses new work, lets the batch finish, then resolves', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(5)));
    await stage.started(0, 1);
    const shutDown = executor.shutdown();
    await expect(executor.executeBatch(contextsOf([9]))).rejects.toThrow(
      `Cannot execute batch as ${REFUSAL}`,
    );
    await expect(executor.map([9])).rejects.toThrow(REFUSAL);
    expect(() => executor.stream([9])).toThrow(`Cannot start stream as ${REFUSAL}`);
    expect(await isSettled(shutDown)).toBe(false);
    expect(executor.pendingCount).toBe(5);
    stage.openAll();
    await shutDown;
    expect(executor.pendingCount).toBe(0);
    expect(outputsOf(await batch)).toEqual([0, 10, 20, 30, 40]);
  });

  test('lets a row in backoff be tried again', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeFailingTransform(refuse([0], 3));
    const executor = createExecutor({ transform, poolSize: 1 }, { clock });
    const batch = executor.executeBatch(contextsOf([0]));
    await turns();
    await clock.runUntil(executor.shutdown());
    expect((await batch).entries[0]).toMatchObject({ attempts: 4, result: { status: 'success' } });
  });

  test('stops pulling from sources, and resolves when what was admitted has been taken', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 1 });
    let pulled = 0;
    let closed = false;
    const source = function* () {
      try {
        for (;;) yield pulled++;
      } finally {
        closed = true;
      }
    };
    const stream = executor.stream(source(), { window: 3 });
    const first = stream.next();
    await delayed.started(1);
    const shutDown = executor.shutdown();
    expect(closed).toBe(true);
    delayed.releaseAll();
    expect((await first).value?.submitIndex).toBe(0);
    expect(await isSettled(shutDown)).toBe(false);
    expect(executor.pendingCount).toBe(2);
    expect((await stream.next()).value?.submitIndex).toBe(1);
    expect(await isSettled(shutDown)).toBe(false);
    expect((await stream.next()).value?.submitIndex).toBe(2);
    await shutDown;
    expect((await stream.next()).done).toBe(true);
    expect(pulled).toBe(3);
  });

  test('does not wait for a stream that nobody has read from', async ({ createExecutor }) => {
    const { transform, log } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 1 });
    const stream = executor.stream([1, 2, 3]);
    await executor.shutdown();
    expect((await stream.next()).done).toBe(true);
    expect(log).toEqual([]);
  });

  test.for(['in-process', 'threads'] as const)(
    'of an executor that never ran anything, %s',
    async (where, { createExecutor }) => {
      const executor = createExecutor<number, number>({
        transform:
          where === 'threads' ? workerUrl('tracked-transform.ts') : makeTrackedTransform<number>().transform,
        poolSize: 2,
      });
      await executor.shutdown();
      await expect(executor.executeBatch(contextsOf([9]))).rejects.toThrow(REFUSAL);
    },
  );

  test('in the turn in which a batch was submitted lets the batch finish', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('tracked-transform.ts'),
      poolSize: 2,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf([1, 2]));
    await executor.shutdown();
    expect(outputsOf(await batch)).toEqual([10, 20]);
  });

  test.for([true, false])(
    'called by a getter of a row, with wait %s: the batch is refused',
    async (wait, { createExecutor }) => {
      const transform = (row: { readonly value: number }) => row;
      const executor = createExecutor<{ readonly value: number }, unknown>({ transform });
      const row = {
        get value() {
          void executor.shutdown({ wait });
          return 1;
        },
      };
      await expect(executor.map([row])).rejects.toThrow(REFUSAL);
    },
  );

  test('is what `await using` does', async ({ createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    let batch;
    let used;
    {
      await using executor = createExecutor({ transform, poolSize: 1 });
      batch = executor.map([1, 2]);
      used = executor;
    }
    expect(await batch).toHaveLength(2);
    await expect(used.map([3])).rejects.toThrow(REFUSAL);
  });
});

describe('shutdown({ wait: false })', () => {
  test('during a run: rows done keep their results, all others end as shutdown_requested, threads are gone', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    stage.open(0);
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(6)));
    await stage.started(1, 2);
    expect(liveThreads()).toBe(2);
    await executor.shutdown({ wait: false });
    expect(liveThreads()).toBe(0);
    expect(executor.availablePermits).toBe(2);
    const { entries, stats } = await batch;
    expect(codesOf(entries)).toEqual(['ok', ...range(5).map(() => 'shutdown_requested')]);
    expect(errorOf(entries[1]).retryable).toBe(true);
    expect(stats).toMatchObject({ submitted: 6, successes: 1, errors: 5 });
    stage.openAll();
    await turns();
    expect(stage.ends).toEqual([0]); // the held rows' threads do not live to see the gate open
  });

  test.for(bothEngines('failing-transform.ts', failing))(
    'during backoff, $name: at once, and no timer is left',
    async ({ transform }, { createExecutor }) => {
      const clock = new FakeClock();
      const executor = createExecutor<ScriptedRow, number>(
        { transform, poolSize: 1, sliceSize: 1 },
        { clock },
      );
      const batch = executor.executeBatch(
        contextsOf([
          { id: 0, refusals: Infinity },
          { id: 1, refusals: Infinity },
        ]),
      );
      while (executor.getStats().poolStats.attempts < 2) await turns(1);
      expect(clock.timers).toBe(1);
      await executor.shutdown({ wait: false });
      const { entries, stats } = await batch;
      expect(codesOf(entries)).toEqual(['shutdown_requested', 'shutdown_requested']);
      expect(entries.map(({ attempts }) => attempts)).toEqual([1, 1]);
      expect(stats).toMatchObject({ attempts: 2, capacityRetries: 0 });
      expect(clock.timers).toBe(0);
    },
  );

  test('during a run in-process: the batch does not wait for a transform that never ends', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 1, sliceSize: 1 });
    const batch = executor.executeBatch(contextsOf([0, 1]));
    await delayed.started(0);
    await executor.shutdown({ wait: false });
    expect(codesOf(await batch)).toEqual(['shutdown_requested', 'shutdown_requested']);
    delayed.release(0); // too late: changes nothing
    await turns();
    expect(delayed.log).toHaveLength(1);
  });

  test('ends a stream after the entries of what was admitted, and closes the source', async ({
    createExecutor,
  }) => {
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 2, sliceSize: 1 });
    let closed = false;
    const source = function* () {
      try {
        for (let row = 0; ; row++) yield row;
      } finally {
        closed = true;
      }
    };
    const stream = executor.stream(source(), { window: 4 });
    const first = stream.next();
    await delayed.started(1);
    delayed.release(0);
    expect((await first).value?.result.status).toBe('success');
    const shutDown = executor.shutdown({ wait: false });
    const rest = await collect(stream);
    await shutDown;
    expect(closed).toBe(true);
    expect(codesOf(rest)).toEqual(rest.map(() => 'shutdown_requested'));
    expect(rest.map(({ submitIndex }) => submitIndex)).toEqual(range(rest.length).map((index) => index + 1));
  });

  test('aborts the signal of async transforms in threads', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, string>(
      { transform: workerUrl('signal-transform.ts'), poolSize: 1, workerData: { stage: stage.buffer } },
      { clock: new FakeClock() }, // the time that the row is given to react does not run out
    );
    const batch = executor.executeBatch(contextsOf([0]));
    await stage.started(0);
    await executor.shutdown({ wait: false });
    await batch;
    expect(stage.ends).toEqual([0]);
  });

  test('aborts the signal of async transforms in-process', async ({ createExecutor }) => {
    const reasons: unknown[] = [];
    const started = Promise.withResolvers<void>();
    const executor = createExecutor({
      transform: (_row: number, { signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        started.resolve();
        return new Promise<never>(() => undefined);
      },
      poolSize: 1,
    });
    const batch = executor.executeBatch(contextsOf([0]));
    await started.promise;
    await executor.shutdown({ wait: false });
    expect(codesOf(await batch)).toEqual(['shutdown_requested']);
    expect(reasons).toEqual([expect.any(Error)]);
  });

  test.for(['in-process', 'threads'] as const)(
    'in the turn in which a batch was submitted ends its rows, %s',
    async (where, { createExecutor }) => {
      const stage = new Stage();
      const { transform } = makeTrackedTransform<number>();
      const executor = createExecutor<number, number>({
        transform: where === 'threads' ? workerUrl('tracked-transform.ts') : transform,
        poolSize: 2,
        workerData: { stage: stage.buffer },
      });
      const batch = executor.executeBatch(contextsOf([1, 2]));
      await executor.shutdown({ wait: false });
      expect(codesOf(await batch)).toEqual(['shutdown_requested', 'shutdown_requested']);
    },
  );
});

describe('shutdown more than once', () => {
  test.for([
    [true, true],
    [false, false],
    [false, true],
  ])('wait: %s, then wait: %s, at the same time and later', async ([first, second], { createExecutor }) => {
    const { transform } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const batch = executor.executeBatch(contextsOf([1, 2]));
    await Promise.all([executor.shutdown({ wait: first! }), executor.shutdown({ wait: second! })]);
    expect(codesOf(await batch)).toEqual(
      first === true ? ['ok', 'ok'] : ['shutdown_requested', 'shutdown_requested'],
    );
    await executor.shutdown({ wait: second! });
    await executor.shutdown({ wait: first! });
  });

  test.for<[unknown, string]>([
    [{ wait: 'no' }, "'wait' must be true or false: received 'no'"],
    [{ force: true }, "'force' is not an option: received true"],
    [null, 'its options must be an object: received null'],
  ])(
    'options that are %o are refused, and the executor goes on',
    async ([options, message], { createExecutor }) => {
      const executor = createExecutor({ transform: (row: number) => row });
      await expect(executor.shutdown(options as object)).rejects.toThrow(
        new TypeError(`Cannot shut down as ${message}`),
      );
      expect(await executor.map([1])).toEqual([{ status: 'success', value: 1 }]);
    },
  );

  test('wait: false during wait: true ends what is left, and both resolve', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 2,
      sliceSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf(range(4)));
    await stage.started(0, 1);
    const waiting = executor.shutdown();
    expect(await isSettled(waiting)).toBe(false);
    await executor.shutdown({ wait: false });
    await waiting;
    expect(codesOf(await batch)).toEqual(range(4).map(() => 'shutdown_requested'));
  });

  test('wait: true during wait: false resolves with it', async ({ createExecutor }) => {
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: workerUrl('delayed-transform.ts'),
      poolSize: 1,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf([0]));
    await stage.started(0);
    await Promise.all([executor.shutdown({ wait: false }), executor.shutdown({ wait: true })]);
    expect(codesOf(await batch)).toEqual(['shutdown_requested']);
  });
});

describe.each(bothEngines('failing-transform.ts', failing))(
  '$name: an executor that was shut down',
  ({ transform }) => {
    test.for([true, false])('wait: %s, can be collected as garbage', async (wait) => {
      const used = await useAndShutDown(transform, wait);
      for (let round = 0; round < ROUNDS && used.deref() !== undefined; round++) {
        await turns(); // what its engine has left to do
        await collectGarbage();
      }
      expect(used.deref()).toBeUndefined();
    });
  },
);

/** Nothing in this process is to hold the executor by then. */
async function useAndShutDown(
  transform: PooledExecutorOptions<ScriptedRow, number>['transform'],
  wait: boolean,
): Promise<WeakRef<PooledExecutor<ScriptedRow, number>>> {
  const executor = new PooledExecutor<ScriptedRow, number>({
    transform,
    poolSize: 2,
    audit: new MemoryAuditTrail(),
  });
  const rows = range(3).map((id) => ({ id }));
  await executor.map(rows, { signal: LASTING });
  for await (const { rowIndex } of executor.stream(rows, { signal: LASTING })) if (rowIndex === 1) break;
  await executor.shutdown({ wait });
  return new WeakRef(executor);
}
