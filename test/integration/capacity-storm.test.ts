import { describe, expect } from 'vitest';
import { CapacityError } from '../../src/index.ts';
import { test } from '../helpers/executor-fixture.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { randomNumbers } from '../helpers/random.ts';
import { contextsOf, outputsOf, range } from '../helpers/rows.ts';

const STORM_MS = 60_000;
/** The longest backoff by default. */
const BACKOFF_MS = 5_000;

describe('capacity storm: every attempt is refused for a minute', () => {
  test.for([
    { rows: 1, poolSize: 1 },
    { rows: 100, poolSize: 4 },
    { rows: 100, poolSize: 50 },
    { rows: 1_000, poolSize: 10 },
  ])('$rows rows, poolSize $poolSize', async ({ rows, poolSize }, { createExecutor }) => {
    const clock = new FakeClock();
    const attemptsInSecond = new Array<number>(STORM_MS / 1_000).fill(0);
    const transform = (row: number) => {
      const now = clock.now(); // attempts take no time: nothing but the throttle holds them back
      if (now >= STORM_MS) return row;
      (attemptsInSecond[Math.floor(now / 1_000)] as number)++;
      throw new CapacityError(503);
    };
    const executor = createExecutor({ transform, poolSize }, { clock });
    const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(range(rows))));
    expect(outputsOf(entries)).toEqual(range(rows));
    expect(clock.now()).toBeLessThanOrEqual(STORM_MS + 2 * BACKOFF_MS);
    const [first, ...later] = attemptsInSecond;
    expect(first).toBeLessThanOrEqual(poolSize + 20); // those in flight when it begins, then single probes
    expect(Math.max(...later)).toBeLessThanOrEqual(2);
    expect(stats.attempts - stats.capacityRetries).toBe(rows);
  });
});

/** How long an attempt takes, refused or not. */
const ATTEMPT_MS = 100;
const LONG_MS = 600_000;

describe('half of all attempts are refused at random', () => {
  test.for([
    { poolSize: 2, seed: 1 },
    { poolSize: 50, seed: 2 },
  ])(
    'poolSize $poolSize, seed $seed: 500 rows all succeed',
    async ({ poolSize, seed }, { createExecutor }) => {
      const random = randomNumbers(seed);
      const clock = new FakeClock();
      const attemptsInSecond = new Array<number>(LONG_MS / 1_000).fill(0);
      let refusals = 0;
      const transform = async (row: number) => {
        (attemptsInSecond[Math.floor(clock.now() / 1_000)] as number)++;
        await new Promise<void>((resolve) => clock.setTimer(resolve, ATTEMPT_MS));
        if (random(2) === 1) return row;
        refusals++;
        throw new CapacityError(503);
      };
      const executor = createExecutor({ transform, poolSize }, { clock, further: 'skip' });
      const batch = executor.executeBatch(contextsOf(range(500)));
      await clock.advance(LONG_MS);
      const { entries, stats } = await batch;
      expect(outputsOf(entries)).toEqual(range(500));
      expect(stats).toMatchObject({ successes: 500, attempts: 500 + refusals, capacityRetries: refusals });
      // Refusals halve the window per attempt's time, and then take 15% each, down to 0.8; from there, ten successes in a row,
      // of which there are none, would make it 0.85: attempts follow one another at ATTEMPT_MS / window.
      const mostInSecond = Math.ceil((0.85 * 1_000) / ATTEMPT_MS);
      const [first = 0, second = 0, ...later] = attemptsInSecond;
      expect(first + second).toBeLessThanOrEqual(2 * poolSize + 30 + 2 * mostInSecond);
      expect(Math.max(...later)).toBeLessThanOrEqual(mostInSecond);
    },
  );
});
