import { describe, expect } from 'vitest';
import { auditRuns } from '../../../src/audit/questions/audit-runs.ts';
import { MemoryAuditTrail, type AuditRecord, type BatchStats, type RunReport } from '../../../src/index.ts';
import { turns } from '../../helpers/event-loop.ts';
import { test } from '../../helpers/executor-fixture.ts';
import { readable } from '../../helpers/readable-trail.ts';
import { RUN } from '../../helpers/interrupted-runs.ts';
import { contextsOf, range } from '../../helpers/rows.ts';
import { recordStories, STORY_ROWS, storyRecords } from '../../helpers/story-runs.ts';
import { changed, without } from '../../helpers/trail-edits.ts';
import { openTrail } from '../../helpers/trail-files.ts';

async function reportOf(records: readonly AuditRecord[]): Promise<RunReport> {
  const { runs } = await auditRuns(readable(records));
  expect(runs).toHaveLength(1);
  return runs[0]!;
}

/** The names of the counters that don't agree. */
async function differingIn(records: readonly AuditRecord[]): Promise<string[]> {
  const { stats } = await reportOf(records);
  expect(stats.differenceCount).toBe(stats.differences.length);
  return stats.differences.map(({ name }) => name);
}

function lie(records: readonly AuditRecord[], lies: Partial<BatchStats>): readonly AuditRecord[] {
  return changed(records, 'batch-end', ({ stats }) => ({ stats: { ...stats, ...lies } }));
}

describe('audit', () => {
  test('sums up results, outcomes and attempts per row', async () => {
    expect(await reportOf(await storyRecords())).toMatchObject({
      runId: 'story',
      rows: STORY_ROWS,
      results: { success: STORY_ROWS - 1, transform_error: 1 },
      outcomes: { ok: STORY_ROWS - 1, failed: 1, capacity: 2 },
      rowsByAttempts: [0, STORY_ROWS - 1, 0, 1],
    });
  });

  test('names the slowest attempts, the slowest first', async () => {
    const records = changed(await storyRecords(), 'attempt', ({ startedAt, rowIndex, attempt }) => ({
      finishedAt: startedAt + 10 * rowIndex + attempt,
    }));
    const { slowest } = await reportOf(records);
    expect(slowest).toHaveLength(10);
    expect(slowest.map(({ rowIndex }) => rowIndex)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 3]);
    expect(slowest[0]!.ranMs).toBeCloseTo(111, 3);
  });

  test('every counter of the stats is recomputed and agrees', async () => {
    const records = await storyRecords();
    const { stats } = records.find((record) => record.kind === 'batch-end')!;
    const report = await reportOf(records);
    expect(report.stats.differences).toEqual([]);
    expect(report.stats.batches).toBe(1);
    for (const { name, stated, least, most } of report.stats.counters) {
      expect(stated, name).toBe(stats[name]);
      expect(least, name).toBeLessThanOrEqual(stated);
      expect(most, name).toBeGreaterThanOrEqual(stated);
    }
    expect(report.stats.counters.map(({ name }) => name).toSorted()).toEqual(
      Object.keys(stats)
        .filter((name) => name !== 'currentDelayMs' && name !== 'pacedTimeMs')
        .toSorted(),
    );
  });

  test.each([
    'submitted',
    'successes',
    'errors',
    'attempts',
    'capacityRetries',
    'totalThrottleTimeMs',
    'peakDelayMs',
  ] as const)('a batch that states another number of %s is found out', async (name) => {
    const records = await storyRecords();
    const { stats } = records.find((record) => record.kind === 'batch-end')!;
    // one more submitted looks like a consumer that stopped early, but no row is on record for it
    expect(await differingIn(lie(records, { [name]: stats[name] + 1 }))).toContain(name);
    expect(await differingIn(lie(records, { [name]: stats[name] - 1 }))).toContain(name);
  });

  test('a stated concurrency outside of what the attempts allow is found out', async () => {
    const records = await storyRecords();
    expect(await differingIn(lie(records, { maxConcurrentReached: 4 }))).toEqual(['maxConcurrentReached']);
    expect(await differingIn(lie(records, { maxConcurrentReached: 0 }))).toEqual(['maxConcurrentReached']);
  });

  test('a missing attempt record is found out', async () => {
    const isFirst = (record: AuditRecord) => record.kind === 'attempt' && record.rowIndex === 0;
    expect(await differingIn(without(await storyRecords(), isFirst))).toContain('attempts');
  });

  test('a stream that its consumer left early agrees too', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const transform = (row: number) => row;
    const executor = createExecutor({ transform, poolSize: 2, audit }, { stopped: true });
    for await (const { rowIndex } of executor.stream(range(500), { window: 50 })) if (rowIndex === 20) break;
    await turns(); // until its end is on record
    expect(audit.records.filter(({ kind }) => kind === 'entry').length).toBeLessThan(500);
    expect(await differingIn(audit.records)).toEqual([]);
  });

  test('batches of one run that overlap are told apart', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor({ transform: async (row: number) => row, poolSize: 3, audit });
    const contexts = (from: number) =>
      range(40).map((row) => ({ row, rowIndex: from + row, stateId: `row-${from + row}` }));
    const options = { runId: 'both' };
    await Promise.all([0, 100].map((from) => executor.executeBatch(contexts(from), options)));
    const { stats, batches } = await reportOf(audit.records);
    expect(batches).toBe(2);
    expect(stats).toMatchObject({ batches: 2, differences: [] });
    expect(stats.counters.find(({ name }) => name === 'submitted')).toMatchObject({ stated: 80, least: 80 });
  });

  test('a batch that continued the run in spite of something is told, with its transform if that is another one', async ({
    createExecutor,
  }) => {
    const audit = new MemoryAuditTrail();
    const run = async (transform: (row: number) => number, options: object) => {
      const executor = createExecutor({ transform, poolSize: 1, audit, ...options });
      await executor.executeBatch(contextsOf([10, 20]), { ...RUN, allowDrift: true });
      await executor.shutdown();
    };
    const first = (row: number) => row + 1;
    await run(first, {});
    await run((row) => row + 2, { maxRowCrashes: 5 });
    await run(first, {});
    await run(first, { maxRowCrashes: 5 });
    const batches = audit.records.filter((record) => record.kind === 'batch');
    const { drifts, stats } = await reportOf(audit.records);
    expect(drifts).toEqual([
      {
        batchId: batches[1]!.batchId,
        at: batches[1]!.at,
        transform: batches[1]!.transform,
        drift: [expect.stringMatching(/^the transform /), 'maxRowCrashes is 5, on record 2'],
      },
      { batchId: batches[3]!.batchId, at: batches[3]!.at, drift: ['maxRowCrashes is 5, on record 2'] },
    ]);
    expect(batches[1]!.transform.sha256).not.toBe(batches[0]!.transform.sha256);
    expect(stats).toMatchObject({ batches: 4, differences: [] }); // each had both rows
    expect(stats.counters.find(({ name }) => name === 'submitted')).toMatchObject({ stated: 8, least: 8 });
    expect(stats.counters.find(({ name }) => name === 'attempts')).toMatchObject({ stated: 2, least: 2 });
  });

  test('a run that has not ended is summed up as far as it is', async () => {
    const records = without(await storyRecords(), ({ kind }) => kind === 'batch-end');
    const report = await reportOf(records);
    expect(report.stats).toMatchObject({ batches: 0, counters: [] });
    expect(report.concurrency.highest).toBeGreaterThan(0);
  });

  test('a run whose begin is gone is summed up without its transform and its stats', async () => {
    const records = without(await storyRecords(), ({ kind }) => kind === 'batch');
    const report = await reportOf(records);
    expect(report).toMatchObject({
      results: { success: STORY_ROWS - 1, transform_error: 1 },
      stats: { differences: [], differenceCount: 0 },
    });
    expect(report).not.toHaveProperty('transform');
  });

  test('peakDelayMs: nothing is said where refused attempts do not tell the delay after them', async () => {
    const records = lie(await storyRecords(), { peakDelayMs: 9_999 });
    expect(await differingIn(records)).toEqual(['peakDelayMs']);
    const untold = records.map((record): AuditRecord => {
      if (record.kind !== 'attempt') return record;
      const { delayAfterMs: _, ...rest } = record;
      return rest;
    });
    expect(await differingIn(untold)).toEqual([]);
  });

  test('a continued batch that was stopped: rows may be on record elsewhere, but no more successes', async () => {
    const given = { successes: 5, errors: 0 };
    const stopped = changed(await storyRecords(), 'batch-end', ({ stats }) => ({
      givenBack: given,
      stats: { ...stats, submitted: STORY_ROWS + 50, successes: STORY_ROWS - 1 + given.successes },
    }));
    expect(await differingIn(stopped)).toEqual([]);
    expect(
      await differingIn(
        changed(stopped, 'batch-end', ({ stats }) => ({
          stats: { ...stats, successes: stats.successes + 1 },
        })),
      ),
    ).toEqual(['successes']);
    expect(
      await differingIn(changed(stopped, 'batch-end', () => ({ givenBack: { ...given, successes: 4 } }))),
    ).toEqual(['successes']);
  });

  test('a continued batch that was stopped takes over results that had no entry, and has no more', async () => {
    const records = await storyRecords();
    const cut = without(records, ({ kind }) => kind === 'entry' || kind === 'batch-end');
    const succeeded = cut.filter((record) => record.kind === 'attempt' && record.outcome === 'ok').length;
    expect(succeeded).toBeGreaterThan(1);
    /** A batch that took results over, of which so many counted before it was stopped; none of its rows ran. */
    const continuedWith = (successes: number) =>
      records.flatMap((record): AuditRecord[] => {
        if (record.kind === 'batch') return [{ ...record, batchId: 'continued' }];
        if (record.kind !== 'batch-end') return [];
        const nothingRan = {
          attempts: 0,
          capacityRetries: 0,
          totalThrottleTimeMs: 0,
          maxConcurrentReached: 0,
        };
        const stats = {
          ...record.stats,
          ...nothingRan,
          peakDelayMs: 0,
          submitted: STORY_ROWS,
          errors: 0,
          successes,
        };
        return [{ ...record, batchId: 'continued', givenBack: { successes: 0, errors: 0 }, stats }];
      });
    for (const successes of [0, 1, succeeded])
      expect(await differingIn([...cut, ...continuedWith(successes)])).toEqual([]);
    expect(await differingIn([...cut, ...continuedWith(succeeded + 1)])).toEqual(['successes']);
  });

  test('SqliteAuditTrail.audit: all runs, or one', async () => {
    const trail = openTrail();
    await recordStories(trail, 'one');
    await recordStories(trail, 'two');
    const all = await trail.audit();
    expect(all.agrees).toBe(true);
    expect(all.runs.map(({ runId, rows }) => [runId, rows])).toEqual([
      ['one', STORY_ROWS],
      ['two', STORY_ROWS],
    ]);
    expect((await trail.audit({ runId: 'two' })).runs).toEqual([all.runs[1]]);
    await expect(trail.audit({ runId: 'three' })).rejects.toThrow('its runs are one, two');
  });
});
