import { DefaultRateLimiter } from '@smithy/util-retry';
import PQueue from 'p-queue';
import { CapacityError } from '../../src/core/capacity-error.ts';
import type { Contender } from './contender.ts';
import { Dice } from './dice.ts';
import { withVirtualGlobals } from './virtual-globals.ts';

/** The base of the wait after a throttled attempt, and the longest wait, in ms: those of the SDK's standard backoff. */
const BASE_MS = 500;
const MOST_MS = 20_000;

/**
 * Adaptive retry as in the AWS SDK, with the SDK's own rate limiter: a token bucket for all attempts, whose rate falls with
 * refusals and grows along a cubic curve, and backoff with full jitter. Without the SDK's retry quota, which would give
 * rows up.
 */
export const awsAdaptive: Contender = {
  name: 'AWS adaptive retry (@smithy/util-retry)',
  run: ({ scenario, clock, service, seed }) => {
    const { rows, poolSize, budgetMs = Infinity } = scenario;
    const dice = new Dice(seed + 2);
    const random = () => dice.next();
    return withVirtualGlobals(clock, random, async () => {
      const limiter = new DefaultRateLimiter();
      const turnstile = new PQueue({ concurrency: 1 }); // who waits together for one token wakes together for nothing
      const sendRow = async (row: number): Promise<boolean> => {
        const startedAt = clock.now();
        for (let refusals = 0; ; refusals++) {
          await turnstile.add(() => limiter.getSendToken());
          try {
            await service.call(row);
            limiter.updateClientSendingRate({});
            return true;
          } catch (error) {
            if (!(error instanceof CapacityError)) throw error;
            limiter.updateClientSendingRate({ errorType: 'THROTTLING' });
            if (clock.now() - startedAt > budgetMs) return false;
          }
          const waitMs = random() * Math.min(MOST_MS, BASE_MS * 2 ** Math.min(30, refusals));
          await new Promise((resolve) => {
            setTimeout(resolve, waitMs);
          });
        }
      };
      const queue = new PQueue({ concurrency: poolSize });
      const sent = Array.from({ length: rows }, (_, row) => queue.add(() => sendRow(row)));
      const accepted = await clock.run(Promise.all(sent));
      return accepted.filter((ok) => !ok).length;
    });
  },
};
