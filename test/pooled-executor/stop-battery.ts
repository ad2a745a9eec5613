import { describe, expect } from 'vitest';
import type { PooledExecutor } from '../../src/index.ts';
import { CountingTrail } from '../helpers/counting-trail.ts';
import { workerUrl } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { test } from '../helpers/executor-fixture.ts';
import { killLiveWorkers, liveProcesses, liveThreads } from '../helpers/live-workers.ts';
import { codesOf, contextsOf } from '../helpers/rows.ts';
import type { HeldRow } from '../workers/held-transform.ts';

type Executor = PooledExecutor<HeldRow, number>;

/** Row 0 runs until its time is over, row 1 is refused once. */
const ROWS: readonly HeldRow[] = [{ id: 0, held: Infinity }, { id: 1, refused: 1 }, { id: 2 }, { id: 3 }];

/**
 * What resolves when a moment has come; at the latest when the batch is over: on a machine that stands still for a while, the
 * time of row 0 can be over before it has said that it runs.
 */
const MOMENTS: Record<string, (executor: Executor, runs: Promise<unknown>) => Promise<unknown>> = {
  'before it starts': () => Promise.resolve(),
  'while workers load': async () => {
    while (liveThreads() + liveProcesses() === 0) await turns(1);
  },
  'while a row runs': (_, runs) => runs,
  'while a row waits': async (executor) => {
    while (executor.getStats().poolStats.totalThrottleTimeMs === 0) await turns(1);
  },
  'while a worker is killed': async (_, runs) => {
    await runs;
    void killLiveWorkers(); // they are not gone yet
  },
};

/** Ways to stop a run, each also twice. */
const STOPS = {
  abort: async (_: Executor, controller: AbortController) => {
    controller.abort();
    controller.abort();
    return Promise.resolve();
  },
  'shutdown, waiting': (executor: Executor) => Promise.all([executor.shutdown(), executor.shutdown()]),
  'shutdown, at once': (executor: Executor) =>
    Promise.all([executor.shutdown({ wait: false }), executor.shutdown({ wait: false })]),
  'all of them': (executor: Executor, controller: AbortController) => {
    const draining = executor.shutdown();
    controller.abort();
    return Promise.all([draining, executor.shutdown({ wait: false }), executor.shutdown()]);
  },
} satisfies Record<string, (executor: Executor, controller: AbortController) => Promise<unknown>>;

const CODES = ['ok', 'attempt_timeout', 'worker_lost', 'aborted', 'shutdown_requested'];

export interface Choice {
  readonly isolations: readonly ('thread' | 'process')[];
  readonly stops: readonly (keyof typeof STOPS)[];
}

export const ALL_STOPS = Object.keys(STOPS) as (keyof typeof STOPS)[];

/** Describes runs that are stopped at each of the moments, in each of the chosen ways. */
export function describeStops({ isolations, stops }: Choice): void {
  const chosen = stops.map((stop) => [stop, STOPS[stop]] as const);
  describe.each(isolations)('I4, I10 a run is stopped, %s isolation:', (isolation) => {
    describe.each(Object.entries(MOMENTS))('%s', (_, moment) => {
      test.for(chosen)('%s: all promises settle', async ([, stop], { createExecutor }) => {
        const audit = new CountingTrail(1);
        const executor: Executor = createExecutor({
          transform: workerUrl('held-transform.ts'),
          poolSize: 2,
          sliceSize: 1,
          attemptTimeoutMs: 300,
          isolation,
          audit,
        });
        const controller = new AbortController();
        const batch = executor.executeBatch(contextsOf(ROWS), { signal: controller.signal });
        await moment(executor, Promise.race([audit.reached, batch]));
        await stop(executor, controller);
        const { entries, stats } = await batch;
        expect(entries.map(({ rowIndex }) => rowIndex)).toEqual([0, 1, 2, 3]);
        for (const code of codesOf(entries)) expect(CODES).toContain(code);
        expect(stats.submitted).toBe(4);
      });
    });

    test.for(chosen)(
      'from inside a progress callback that then throws: %s: all promises settle',
      async ([, stop], { createExecutor }) => {
        const executor: Executor = createExecutor({
          transform: workerUrl('held-transform.ts'),
          poolSize: 2,
          sliceSize: 1,
          isolation,
        });
        const controller = new AbortController();
        let stopped: Promise<unknown> | undefined;
        const { entries } = await executor.executeBatch(contextsOf(ROWS.slice(1)), {
          signal: controller.signal,
          onProgress: () => {
            stopped ??= stop(executor, controller);
            throw new Error('callback');
          },
        });
        await stopped;
        expect(entries).toHaveLength(3);
      },
    );
  });
}
