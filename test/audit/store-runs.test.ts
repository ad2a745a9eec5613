import { describe, expect } from 'vitest';
import { CapacityError, type AuditRecord, type AuditTrail, type SqliteAuditTrail } from '../../src/index.ts';
import { test } from '../helpers/executor-fixture.ts';
import { checkTrail } from '../helpers/trail-checks.ts';
import { openTrail, recordsIn } from '../helpers/trail-files.ts';

const rowsUpTo = (count: number) => Array.from({ length: count }, (_, row) => row);

/** Hands appends on to a trail one at a time, each when the test says so. */
class GatedTrail implements AuditTrail {
  readonly outlivesProcess = true;
  readonly #inner: AuditTrail;
  readonly #gates: PromiseWithResolvers<void>[] = [];
  #arrived = Promise.withResolvers<void>();
  /** Rows on record whose entries are not. */
  open = 0;
  highestOpen = 0;

  constructor(inner: AuditTrail) {
    this.#inner = inner;
  }

  async append(records: readonly AuditRecord[]): Promise<void> {
    for (const { kind } of records) this.open += kind === 'row' ? 1 : kind === 'entry' ? -1 : 0;
    this.highestOpen = Math.max(this.highestOpen, this.open);
    const gate = Promise.withResolvers<void>();
    this.#gates.push(gate);
    this.#arrived.resolve();
    await gate.promise;
    await this.#inner.append(records);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets one append after the other go until `done`. */
  async letGoUntil(done: Promise<unknown>): Promise<void> {
    const over = done.then(() => true);
    while (!(await Promise.race([this.#arrived.promise.then(() => false), over]))) {
      this.#arrived = Promise.withResolvers();
      for (const gate of this.#gates.splice(0)) gate.resolve();
    }
  }
}

async function checkedRecords(trail: SqliteAuditTrail): Promise<AuditRecord[]> {
  const records = await recordsIn(trail);
  await checkTrail(records);
  expect(await trail.verifyChain()).toMatchObject({ intact: true, records: records.length });
  return records;
}

describe('SqliteAuditTrail: runs', () => {
  test('I5 I6 ten rows with three capacity errors: exactly these in stats and trail', async ({
    createExecutor,
  }) => {
    const trail = openTrail();
    const executor = createExecutor<number, number>({
      transform: (row, { attempt }) => {
        if ((row === 2 && attempt <= 2) || (row === 7 && attempt === 1)) throw new CapacityError(429);
        return row;
      },
      recoveryStepMs: 2,
      audit: trail,
    });
    const { stats } = await executor.executeBatch(
      rowsUpTo(10).map((row) => ({ row, rowIndex: row, stateId: `s${row}` })),
    );
    const records = await checkedRecords(trail);
    const attempts = records.filter((record) => record.kind === 'attempt');
    const refused = attempts.filter(({ outcome }) => outcome === 'capacity');
    expect([stats.capacityRetries, refused.length, attempts.length, stats.attempts]).toEqual([3, 3, 13, 13]);
    expect(refused.reduce((sum, { backoffMs }) => sum + backoffMs, 0)).toBeCloseTo(
      stats.totalThrottleTimeMs,
      9,
    );
    expect(Math.max(...refused.map(({ delayAfterMs }) => delayAfterMs ?? 0))).toBe(stats.peakDelayMs);
  });

  test('I7 batches of two executors at once on one trail: each has its own records, whole and in order', async ({
    createExecutor,
  }) => {
    const trail = openTrail();
    const executors = [1, 2].map(() =>
      createExecutor({ transform: (row: number) => row + 1, poolSize: 3, audit: trail }),
    );
    await Promise.all(
      executors.flatMap((executor) => [executor.map(rowsUpTo(300)), executor.map(rowsUpTo(200))]),
    );
    const records = await checkedRecords(trail);
    const perBatch = Map.groupBy(
      records.filter(({ kind }) => kind === 'entry'),
      ({ batchId }) => batchId,
    );
    expect([...perBatch.values()].map(({ length }) => length).sort()).toEqual([200, 200, 300, 300]);
  });

  test('I13 a slow trail slows the run down: nothing is lost or reordered, and the window holds', async ({
    createExecutor,
  }) => {
    const trail = openTrail();
    const gated = new GatedTrail(trail);
    const executor = createExecutor({ transform: (row: number) => row, audit: gated });
    const taken: number[] = [];
    const run = (async () => {
      for await (const { rowIndex } of executor.stream(rowsUpTo(200), { window: 16 })) taken.push(rowIndex);
      await executor.shutdown(); // when the end of the batch is on record
    })();
    await gated.letGoUntil(run);
    await run;
    expect(taken).toEqual(rowsUpTo(200));
    expect(gated.highestOpen).toBeLessThanOrEqual(16);
    expect((await checkedRecords(trail)).filter(({ kind }) => kind === 'entry')).toHaveLength(200);
  });

  test('what is gathered while the file is written becomes one commit', async ({ createExecutor }) => {
    const trail = openTrail();
    const executor = createExecutor({ transform: (row: number) => row, poolSize: 4, audit: trail });
    await executor.map(rowsUpTo(2_000));
    const hashes = new Set<string>();
    let records = 0;
    for await (const page of trail.records()) {
      for (const { hash } of page) hashes.add(hash);
      records += page.length;
    }
    expect(records).toBeGreaterThan(6_000);
    expect(hashes.size).toBeLessThan(records / 5);
  });

  test('rows with indices far apart, in any order: each is found, with its dispatch and in the history', async ({
    createExecutor,
  }) => {
    const trail = openTrail();
    const executor = createExecutor({
      transform: (row: number) => row,
      sliceSize: 8,
      poolSize: 1,
      audit: trail,
    });
    const indices = rowsUpTo(40).map((row) => (row * 7_919) % 40_000);
    await executor.executeBatch(
      indices.map((rowIndex) => ({ row: rowIndex, rowIndex, stateId: `state ${rowIndex}` })),
      { runId: 'one' },
    );
    for (const rowIndex of indices.slice(0, 5)) {
      const records = await recordsIn(trail, { runId: 'one', rowIndex });
      expect(records.map(({ kind }) => kind)).toEqual(['row', 'dispatch', 'attempt', 'entry']);
      expect(await recordsIn(trail, { stateId: `state ${rowIndex}` })).toEqual(records);
    }
    const history = await trail.history('one');
    const found: number[] = [];
    for await (const page of history!.rows()) {
      for (const { rowIndex, entry, attempts } of page) {
        expect([entry?.result, attempts]).toEqual([{ status: 'success', value: rowIndex }, 1]);
        found.push(rowIndex);
      }
    }
    expect(found).toEqual(indices);
  });

  test('unique: the same side of a call can not be on record twice in a run', async () => {
    const trail = openTrail();
    const call = (runId: string): AuditRecord => ({
      kind: 'call',
      runId,
      batchId: 'b',
      at: 1,
      stateId: 's',
      callIndex: 0,
      attempt: 1,
      name: 'ask',
      phase: 'request',
      request: 1,
    });
    await trail.append([call('one'), call('two')]);
    await expect(trail.append([call('one')])).rejects.toThrow('UNIQUE constraint failed: block.call_key');
    expect(await recordsIn(trail)).toHaveLength(2);
  });

  test('read while it is written: a reader sees what was durable when it asked, in order', async ({
    createExecutor,
  }) => {
    const trail = openTrail();
    const executor = createExecutor({ transform: (row: number) => row, audit: trail });
    const reader = openTrail(trail.path, { readOnly: true });
    await executor.map([1, 2, 3], { runId: 'one' });
    const first = await recordsIn(reader);
    await executor.map([1, 2, 3], { runId: 'two' });
    expect((await recordsIn(reader)).slice(0, first.length)).toEqual(first);
    expect(await reader.runs()).toHaveLength(2);
    expect(await reader.verifyChain()).toMatchObject({ intact: true });
    await expect(reader.append([])).rejects.toThrow('as it is open for reading only');
  });

  test('close: further use is refused, and it can be called again', async () => {
    const trail = openTrail();
    await trail.append([]);
    await Promise.all([trail.close(), trail.close()]);
    await expect(trail.append([])).rejects.toThrow(`Cannot use audit trail ${trail.path} as it is closed`);
    await expect(trail.runs()).rejects.toThrow('as it is closed');
  });
});
