import type { Throttle } from '../../src/core/throttle/throttle.ts';
import { PooledExecutor } from '../../src/pooled-executor.ts';
import type { Contender } from './contender.ts';

/** The executor as users have it, with its rows on the calling thread and a clock of ours, and some throttle. */
export function executorWith(name: string, makeThrottle: () => Throttle): Contender {
  return {
    name,
    run: async ({ scenario, clock, service, watch }) => {
      const { rows, poolSize, budgetMs = Infinity } = scenario;
      const throttle = makeThrottle();
      watch?.(throttle);
      const executor = new PooledExecutor<number, void>(
        { transform: (row) => service.call(row), poolSize, throttle, maxCapacityRetryMs: budgetMs },
        { clock },
      );
      const results = await clock.run(executor.map(Array.from({ length: rows }, (_, row) => row)));
      await clock.run(executor.shutdown());
      return results.filter(({ status }) => status === 'error').length;
    },
  };
}
