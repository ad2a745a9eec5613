import { expect, test as base } from 'vitest';
import {
  PooledExecutor,
  type AuditRecord,
  type AuditTrail,
  type PooledExecutorOptions,
} from '../../src/index.ts';
import type { Clock } from '../../src/core/clock.ts';
import { POOL_COUNTER } from '../../src/engine/concurrency-gauge.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { startDeadline } from './deadline.ts';
import { turns } from './event-loop.ts';
import { FakeClock } from './fake-clock.ts';
import { leftovers, leftoversAfter } from './leftovers.ts';
import { TrackedClock } from './tracked-clock.ts';
import { checkTrail } from './trail-checks.ts';
import { PROBE } from './transforms.ts';

export interface Setup {
  /** Default: the real clock, with its timers counted. */
  readonly clock?: Clock & { readonly timers: number };
  /** Default: the executor's own. */
  readonly engine?: Engine | undefined;
  /**
   * What a further batch of one row does after the test: `works` (the default), `refused` where the executor has failed
   * for good or its trail is closed, or `skip`, for transforms that can't end.
   */
  readonly further?: 'works' | 'refused' | 'skip';
  /** A consumer stops a stream early: the rows that nobody took have no entry on the trail. */
  readonly stopped?: boolean;
}

/** Makes an executor that is checked and shut down after the test. */
export type CreateExecutor = <Row, Output>(
  options: PooledExecutorOptions<Row, Output>,
  setup?: Setup,
) => PooledExecutor<Row, Output>;

interface Made {
  readonly executor: PooledExecutor;
  readonly engine: Engine;
  readonly clock: Clock & { readonly timers: number };
  readonly audit: AuditTrail | undefined;
  readonly further: Setup['further'];
  readonly stopped: boolean;
  readonly isShutDown: () => boolean;
}

/** Ends a test that hangs; far above what any test needs, and below the runner's own time-out, which shows nothing. */
const DEADLINE_MS = 120_000;

/**
 * The test function for whatever needs an executor. After every test, passed or failed, each executor is shut down, and
 * must then hold nothing (I4): permits, pending rows, running rows, timers, threads, processes, ports, pipes, requests,
 * listeners on the process; before that, a further batch must work.
 */
export const test = base.extend<{ createExecutor: CreateExecutor }>({
  createExecutor: async ({ task, onTestFinished }, use) => {
    await turns(); // until what the test before this one has closed is gone
    const before = leftovers();
    // registered first, called last: what the test opened, such as a trail with its thread, is closed by then
    onTestFinished(async () => {
      expect(await leftoversAfter(before), 'left behind in the process').toEqual(before);
    });
    const all: Made[] = [];
    const overdue = Promise.withResolvers<never>();
    overdue.promise.catch(() => undefined);
    const cancelDeadline = startDeadline(DEADLINE_MS, () => {
      const text = `Test has not ended after ${DEADLINE_MS} ms; its last executors:\n${all.slice(-5).map(dump).join('\n')}`;
      process.stderr.write(`${text}\n`); // at once: what hangs may keep hanging
      overdue.reject(new Error(text));
      for (const { executor } of all) void executor.shutdown({ wait: false });
    });
    try {
      await use((options, setup) => make(all, options, setup));
      const failed = task.result?.state === 'fail';
      const checked = (async () => {
        for (const made of all) await checkAndShutDown(made, failed);
      })();
      await Promise.race([overdue.promise, checked]); // a test that was late fails, also one that made no executor
    } finally {
      cancelDeadline();
      for (const { executor } of all) void executor.shutdown({ wait: false });
      all.length = 0; // the runner keeps what tests were given, and with it this list
    }
  },
});

function make<Row, Output>(
  all: Made[],
  options: PooledExecutorOptions<Row, Output>,
  { clock = new TrackedClock(), engine: given, further = 'works', stopped = false }: Setup = {},
): PooledExecutor<Row, Output> {
  let engine = given;
  const executor = new PooledExecutor(options, {
    clock,
    createEngine: (...parts) => (engine ??= createEngine(...parts)),
  });
  if (clock instanceof FakeClock) clock.watch(executor);
  let shutdowns = 0;
  const shutdown = executor.shutdown.bind(executor);
  executor.shutdown = async (how) => {
    shutdowns++;
    try {
      await shutdown(how);
    } catch (reason) {
      shutdowns--; // it was refused
      throw reason;
    }
  };
  const { audit } = options;
  all.push({ executor, engine: engine!, clock, audit, further, stopped, isShutDown: () => shutdowns > 0 });
  return executor;
}

async function checkAndShutDown(made: Made, failed: boolean): Promise<void> {
  const { executor, clock, audit, stopped } = made;
  await turns();
  if (failed) await executor.shutdown({ wait: false });
  checkIdle(made);
  if (!failed) await checkFurtherBatch(made);
  const shutDown = executor.shutdown();
  await (clock instanceof FakeClock ? clock.runUntil(shutDown) : shutDown);
  checkIdle(made);
  expect.soft(clock.timers, 'timers left behind').toBe(0);
  if (!failed && hasRecords(audit)) await checkTrail(audit.records, { stopped });
}

/** I4, and of the rest what holds whenever nothing runs. */
function checkIdle({ executor, engine }: Made): void {
  const { poolStats } = executor.getStats();
  expect.soft(executor.availablePermits, 'I4: permits available').toBe(executor.poolSize);
  expect.soft(executor.pendingCount, 'I4: pending rows').toBe(0);
  expect.soft(poolStats.submitted, 'I5: rows submitted').toBe(poolStats.successes + poolStats.errors);
  expect.soft(poolStats.maxConcurrentReached, 'I2: rows at once').toBeLessThanOrEqual(executor.poolSize);
  for (let counter = POOL_COUNTER; counter < POOL_COUNTER + 8; counter++) {
    expect.soft(engine.gauge.running(counter), `gauge counter ${counter}`).toBe(0);
  }
}

async function checkFurtherBatch({ executor, clock, further, isShutDown }: Made): Promise<void> {
  if (further === 'skip') return;
  const batch = executor.executeBatch([{ row: PROBE, stateId: '#probe', rowIndex: 0 }]);
  const done = clock instanceof FakeClock ? clock.runUntil(batch) : batch;
  if (isShutDown()) {
    await expect.soft(done, 'a batch after the shutdown').rejects.toThrow('the executor is shut down');
  } else if (further === 'refused') {
    await expect.soft(done, 'a batch after the failure').rejects.toThrow();
  } else {
    const { entries, stats } = await done;
    expect.soft(entries.length, 'I4: entries of a further batch').toBe(1);
    expect.soft(stats, 'I7: stats of a further batch').toMatchObject({ submitted: 1, attempts: 1 });
  }
}

function hasRecords(
  audit: AuditTrail | undefined,
): audit is AuditTrail & { records: readonly AuditRecord[] } {
  return audit !== undefined && 'records' in audit && Array.isArray(audit.records); // other trails have to be read
}

function dump({ executor, clock }: Made): string {
  const { poolSize, availablePermits, pendingCount } = executor;
  return JSON.stringify({
    poolSize,
    availablePermits,
    pendingCount,
    timers: clock.timers,
    ...executor.getStats(),
  });
}
