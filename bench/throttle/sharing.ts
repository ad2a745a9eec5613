import { AimdThrottle } from '../../src/core/throttle/aimd-throttle.ts';
import { resolveThrottleOptions } from '../../src/options.ts';
import { PooledExecutor } from '../../src/pooled-executor.ts';
import { Dice } from './dice.ts';
import { refusedShare } from './figures.ts';
import { TokenBucket } from './limits.ts';
import { Service } from './service.ts';
import { VirtualClock } from './virtual-clock.ts';

const PER_SECOND = 50;
const POOL_SIZE = 25;
const WORK_MS = 100;
/** So many rows each keep both busy for longer than is looked at. */
const ROWS = 4_000;
const LOOK_MS = 60_000;

/** How two executors shared one quota. */
export interface Sharing {
  /** (sum x)^2 / (n * sum x^2): 1 when all get as much, 1 / n when one gets everything (Jain, Chiu and Hawe 1984). */
  readonly jain: number;
  /** Share of the quota that was used. */
  readonly used: number;
  readonly refused: number;
}

/** Runs two executors against one token bucket, with one throttle for both or one each. */
export async function simulateSharing(shared: boolean, seed: number): Promise<Sharing> {
  const clock = new VirtualClock();
  const limit = new TokenBucket(PER_SECOND, PER_SECOND);
  const makeThrottle = () => new AimdThrottle(resolveThrottleOptions({}));
  const common = makeThrottle();
  const members = [0, 1].map((index) => {
    const service = new Service(clock, new Dice(seed + index), limit, WORK_MS);
    const executor = new PooledExecutor<number, void>(
      {
        transform: (row) => service.call(row),
        poolSize: POOL_SIZE,
        throttle: shared ? common : makeThrottle(),
        maxCapacityRetryMs: Infinity,
      },
      { clock },
    );
    return { service, executor };
  });
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  await clock.run(Promise.all(members.map(({ executor }) => executor.map(rows))));
  await clock.run(Promise.all(members.map(({ executor }) => executor.shutdown())));
  const attempts = members.map(({ service }) => service.attempts.filter(({ endedAt }) => endedAt < LOOK_MS));
  const accepted = attempts.map((own) => own.filter((attempt) => attempt.accepted).length);
  const sum = accepted.reduce((total, count) => total + count, 0);
  const squares = accepted.reduce((total, count) => total + count * count, 0);
  return {
    jain: (sum * sum) / (accepted.length * squares),
    used: sum / ((PER_SECOND * LOOK_MS) / 1_000 + PER_SECOND),
    refused: refusedShare(attempts.flat()),
  };
}
