import { describe, expect } from 'vitest';
import { test } from '../helpers/executor-fixture.ts';
import { contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { isStress, ISOLATIONS } from '../helpers/runs.ts';

/** Says in which worker it ran, and keeps as many numbers as the row says. */
const WHERE = `data:text/javascript,
  import { threadId } from 'node:worker_threads';
  const kept = [];
  export default (row) => (kept.push(new Array(row).fill(1.5)), process.pid + ':' + threadId);`;

describe.each(ISOLATIONS)('recycling, %s', (isolation) => {
  const byRows = ['recycleAfterRows', { recycleAfterRows: 20 }, 1] as const;
  const byHeap = ['recycleAfterHeapMb', { recycleAfterHeapMb: 20 }, 100_000] as const;
  test.for(isStress ? [byRows, byHeap] : [byRows])(
    '%s: each worker goes when its successor is ready, and no row is lost or run twice',
    async ([, options, size], { createExecutor }) => {
      const executor = createExecutor<number, string>({
        transform: WHERE,
        poolSize: 1,
        sliceSize: 1,
        isolation,
        ...options,
      });
      const workers: string[] = [];
      while (new Set(workers).size < 3) {
        const { entries, stats } = await executor.executeBatch(contextsOf(range(20).map(() => size)));
        expect(stats).toMatchObject({ successes: 20, attempts: 20 });
        workers.push(...outputsOf(entries));
      }
      const runs = workers.filter((worker, index) => worker !== workers[index - 1]);
      expect(runs).toEqual([...new Set(workers)]); // none comes back
      const { recycleAfterRows } = { recycleAfterRows: 1, ...options };
      for (const worker of runs.slice(0, -1)) {
        expect(workers.filter((other) => other === worker).length).toBeGreaterThanOrEqual(recycleAfterRows);
      }
    },
  );
});
