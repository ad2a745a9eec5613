import PQueue from 'p-queue';
import pRetry from 'p-retry';
import type { Contender } from './contender.ts';
import { Dice } from './dice.ts';
import { withVirtualGlobals } from './virtual-globals.ts';

const BASE_MS = 50;
const MOST_MS = 5_000;

/**
 * What most people write: p-queue with a fixed concurrency and p-retry inside, which waits a random time up to an
 * exponentially growing bound ("full jitter": Brooker, Exponential Backoff and Jitter, 2015).
 */
export const fullJitter: Contender = {
  name: 'full jitter (p-queue, p-retry)',
  run: ({ scenario, clock, service, seed }) => {
    const { rows, poolSize, budgetMs } = scenario;
    const dice = new Dice(seed + 2);
    const random = () => dice.next();
    const sendRow = async (row: number): Promise<boolean> => {
      const startedAt = clock.now();
      const wait = (refusals: number) =>
        new Promise((resolve) => {
          setTimeout(resolve, random() * Math.min(MOST_MS, BASE_MS * 2 ** Math.min(30, refusals)));
        });
      try {
        await pRetry(() => service.call(row), {
          retries: Infinity,
          minTimeout: 0,
          onFailedAttempt: async ({ attemptNumber, error }) => {
            if (budgetMs !== undefined && clock.now() - startedAt > budgetMs) throw error;
            await wait(attemptNumber - 1);
          },
        });
        return true;
      } catch {
        return false;
      }
    };
    return withVirtualGlobals(clock, random, async () => {
      const queue = new PQueue({ concurrency: poolSize });
      const sent = Array.from({ length: rows }, (_, row) => queue.add(() => sendRow(row)));
      const accepted = await clock.run(Promise.all(sent));
      return accepted.filter((ok) => !ok).length;
    });
  },
};
