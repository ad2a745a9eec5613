import { beforeEach, describe, expect } from 'vitest';
import type { GlobalsWatch, PooledExecutor } from '../../src/index.ts';
import { withDeadline } from '../helpers/deadline.ts';
import { workerUrl } from '../helpers/engines.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { range } from '../helpers/rows.ts';
import { isStress, ISOLATIONS } from '../helpers/runs.ts';
import { collectWarnings } from '../helpers/warnings.ts';

const DEADLINE_MS = 60_000;

describe.each(ISOLATIONS)('rows that change globals, isolation %s', (isolation) => {
  let warnings: readonly string[];

  beforeEach(() => {
    warnings = collectWarnings('POOLED_EXECUTOR_CHANGED_GLOBALS');
  });

  function executorOf<Output = number>(
    createExecutor: CreateExecutor,
    exportName: string,
    watchGlobals: GlobalsWatch = 'sampled',
  ): PooledExecutor<number, Output> {
    const transform = workerUrl('global-transform.ts');
    return createExecutor({ transform, exportName, poolSize: 2, isolation, watchGlobals });
  }

  /** Runs rows, and gives the workers that ran them. */
  async function run(executor: PooledExecutor<number, number>, rows = 100): Promise<Set<number>> {
    const results = await executor.map(range(rows));
    return new Set(results.map((result) => (result.status === 'success' ? result.value : NaN)));
  }

  async function runUntil(executor: PooledExecutor<number, number>, isDone: () => boolean): Promise<void> {
    const running = (async () => {
      while (!isDone()) expect([...(await run(executor))]).not.toContain(NaN);
    })();
    await withDeadline(running, DEADLINE_MS, () => JSON.stringify(warnings));
  }

  test('what a transform does on each worker is accepted, and none is replaced for it any more', async ({
    createExecutor,
  }) => {
    const executor = executorOf(createExecutor, 'lazy');
    const accepted = (change: string) => () =>
      warnings.some((text) => text.includes(change) && text.includes("the transform's own way"));
    await runUntil(executor, accepted("process.on('exit')"));
    await runUntil(executor, accepted('globalThis.lazyCache'));
    const told = warnings.length;
    expect(told).toBeLessThanOrEqual(6);
    await run(executor); // on the workers there are in the end
    const workers = new Set<number>();
    for (const ids of [await run(executor), await run(executor)]) for (const id of ids) workers.add(id);
    expect(workers.size).toBeLessThanOrEqual(3); // a successor may have been on its way
    expect(warnings).toHaveLength(told);
  });

  // over twenty workers, one after another; how many are replaced is up to OwnWays: engine/own-ways.test.ts
  test.runIf(isStress)(
    'when rows go on leaving other things, workers are replaced so often and no more',
    async ({ createExecutor }) => {
      const executor = executorOf(createExecutor, 'litters');
      await runUntil(executor, () => warnings.some((text) => text.includes('no more are')));
      const told = warnings.length;
      await run(executor, 1_000);
      expect(warnings).toHaveLength(told);
    },
  );

  test("watchGlobals 'each-row': no row meets what another has changed, and the one that did is known", async ({
    createExecutor,
  }) => {
    const executor = executorOf<unknown>(createExecutor, 'marks', 'each-row');
    const results = await executor.map(range(200));
    expect(results).toEqual(range(200).map(() => ({ status: 'success', value: undefined })));
    const told = () => warnings.length > 0;
    const more = async () => {
      while (!told()) await executor.map([0]);
    };
    await withDeadline(more(), DEADLINE_MS, () => 'no warning');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^Row 'row-37' changed globalThis\.mark/);
  });

  test("watchGlobals 'off': nobody is told, and no worker is replaced", async ({ createExecutor }) => {
    const executor = executorOf(createExecutor, 'litters', 'off');
    const workers = new Set<number>();
    for (let round = 0; round < 5; round++) for (const id of await run(executor)) workers.add(id);
    expect(workers.size).toBeLessThanOrEqual(2);
    expect(warnings).toEqual([]);
  });

  test('what Node sets up when it is first used, and what a row takes back, is no change', async ({
    createExecutor,
  }) => {
    const executor = executorOf(createExecutor, 'tidy');
    for (let round = 0; round < 5; round++) await run(executor);
    expect(warnings).toEqual([]);
  });
});
