import { DefaultRateLimiter, MAXIMUM_RETRY_DELAY, Retry } from '@smithy/util-retry';
import PQueue from 'p-queue';
import { CapacityError } from '../../src/core/capacity-error.ts';
import type { Contender } from './contender.ts';
import { Dice } from './dice.ts';
import { withVirtualGlobals } from './virtual-globals.ts';

/** The only status that the SDK takes for throttling: at others its rate limiter does not slow down. */
const THROTTLING = 429;

/**
 * Adaptive retry as in the AWS SDK, with the SDK's own rate limiter and figures: a token bucket for all attempts, whose rate falls
 * when they are throttled and grows along a cubic curve, and backoff with full jitter, longer after those. 503 is transient
 * to the SDK; so is 529 here, which the SDK would not retry. Without the SDK's retry quota, which would give rows up.
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
            const isThrottling = error.statusCode === THROTTLING;
            limiter.updateClientSendingRate({ errorType: isThrottling ? 'THROTTLING' : 'TRANSIENT' });
            if (clock.now() - startedAt > budgetMs) return false;
            const baseMs = isThrottling ? Retry.throttlingDelay() : Retry.delay();
            const waitMs = random() * Math.min(MAXIMUM_RETRY_DELAY, baseMs * 2 ** Math.min(30, refusals));
            await new Promise((resolve) => {
              setTimeout(resolve, waitMs);
            });
          }
        }
      };
      const queue = new PQueue({ concurrency: poolSize });
      const sent = Array.from({ length: rows }, (_, row) => queue.add(() => sendRow(row)));
      const accepted = await clock.run(Promise.all(sent));
      return accepted.filter((ok) => !ok).length;
    });
  },
};
