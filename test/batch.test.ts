import { Snapshots } from '../src/core/snapshot.ts';
import { describe, expect, test } from 'vitest';
import { Batch } from '../src/batch.ts';
import { StatsCounter } from '../src/core/stats.ts';
import type { Entry } from '../src/index.ts';
import { FakeClock } from './helpers/fake-clock.ts';

/** A row whose getter throws what `make` gives. */
function rowThat(make: () => unknown): unknown {
  return Object.defineProperty({}, 'a', {
    enumerable: true,
    get: () => {
      throw make();
    },
  });
}

describe('Batch.admit', () => {
  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a row whose getter throws an error', rowThat(() => new Error('no'))],
    ['a row whose getter throws a text', rowThat(() => 'no')],
    ['a row whose getter throws an object that can not be made a text', rowThat(() => Object.create(null))],
    [
      'a row whose getter throws a proxy that refuses everything',
      rowThat(() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      }),
    ],
  ])(
    'I10 I11 %s has its entry at once, an error with 0 attempts, and the batch settles',
    async (_name, row) => {
      const entries: Entry<unknown>[] = [];
      const batch = new Batch({
        runId: 'run',
        batchId: 'batch',
        clock: new FakeClock(),
        counter: 1,
        generatedIds: false,
        snapshots: new Snapshots(false),
        stats: new StatsCounter(0),
        deliver: (ready) => entries.push(...ready),
      });
      expect(batch.admit({ row, stateId: 'a', rowIndex: 0 }, 0)).toBeUndefined();
      batch.close();
      await batch.settled;
      expect(entries).toMatchObject([
        {
          stateId: 'a',
          attempts: 0,
          result: { status: 'error', error: { code: 'transform_error' }, retryable: false },
        },
      ]);
      expect(batch.stats.errors).toBe(1);
    },
  );
});
