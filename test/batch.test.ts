import { Snapshots, type Uncloneable } from '../src/core/snapshot.ts';
import { describe, expect, test } from 'vitest';
import { Batch, type BatchRow } from '../src/batch.ts';
import { move, Moved, takeOver } from '../src/core/moved.ts';
import { StatsCounter } from '../src/core/stats.ts';
import type { Entry } from '../src/index.ts';
import { PendingRow } from '../src/pending-row.ts';
import { RowRun } from '../src/row-run.ts';
import { ListedResults } from '../src/run-results.ts';
import { SliceTimes } from '../src/slice-times.ts';
import { isSettled } from './helpers/event-loop.ts';
import { FakeClock } from './helpers/fake-clock.ts';
import { range } from './helpers/rows.ts';

/** A row whose getter throws what `make` gives. */
function rowThat(make: () => unknown): unknown {
  return Object.defineProperty({}, 'a', {
    enumerable: true,
    get: () => {
      throw make();
    },
  });
}

function newBatch(deliver: (entries: readonly Entry<unknown>[]) => void): Batch {
  return new Batch({
    runId: 'run',
    batchId: 'batch',
    clock: new FakeClock(),
    counter: 1,
    generatedIds: false,
    snapshots: new Snapshots(false),
    stats: new StatsCounter(0),
    outlet: { kind: 'entries', deliver: (runs) => deliver(runs.flatMap((run) => [...run])) },
  });
}

describe('Batch.refuse', () => {
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
      const batch = newBatch((ready) => entries.push(...ready));
      const snapshot = batch.snapshotOf(row);
      const name = { stateId: 'a', rowIndex: 0 };
      const place = { sequence: 0, submitIndex: batch.reserve(1), submittedAt: 0, name };
      batch.refuse({ ...place, snapshot: undefined }, snapshot as Uncloneable);
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

describe('Batch: the memory of a row that was moved', () => {
  const movedRow = () => new Moved(takeOver(move(new Uint8Array(8)))!);
  const place = { sequence: 0, submittedAt: 0 };
  const success = { status: 'success', value: 1 } as const;

  test('is kept by nobody when the row has its result', () => {
    const batch = newBatch(() => undefined);
    const [single, inRun] = [movedRow(), movedRow()];
    const row: BatchRow = new PendingRow(batch, {
      ...place,
      submitIndex: batch.reserve(1),
      snapshot: single,
      name: undefined,
    });
    const run = RowRun.ofNew(batch, {
      ...place,
      submitIndex: batch.reserve(1),
      count: 1,
      offset: 0,
      snapshots: [inRun],
      names: undefined,
    });
    expect([single.content.buffers.length, inRun.content.buffers.length]).toEqual([1, 1]);
    batch.complete(row, success, 0);
    batch.completeRun(run, new ListedResults([success]), new SliceTimes(Float64Array.of(0, 0), 0, 0));
    expect([single.content.buffers.length, inRun.content.buffers.length]).toEqual([0, 0]);
  });
});

describe('Batch.whenFewerAre', () => {
  function admitted(count: number): { batch: Batch; rows: readonly BatchRow[] } {
    const batch = newBatch(() => undefined);
    const common = { sequence: 0, submittedAt: 0, snapshot: 1, name: undefined };
    const rows = range(count).map(
      () => new PendingRow<Batch>(batch, { ...common, submitIndex: batch.reserve(1) }),
    );
    return { batch, rows };
  }

  test('waits for results', async () => {
    const { batch, rows } = admitted(3);
    const room = batch.whenFewerAre(2);
    for (const index of [1, 2]) {
      batch.flush();
      expect(await isSettled(room)).toBe(false);
      batch.complete(rows[index]!, { status: 'success', value: 1 }, 0);
    }
    batch.flush();
    await room;
  });

  test('rows that wait out a refusal do not count', async () => {
    const { batch } = admitted(3);
    const room = batch.whenFewerAre(3);
    expect(await isSettled(room)).toBe(false);
    batch.inBackoff++;
    batch.flush();
    await room;
    await batch.whenFewerAre(3);
  });
});
