import { expect } from 'vitest';
import { auditRuns } from '../../src/audit/questions/audit-runs.ts';
import type { AuditRecord, BatchStats } from '../../src/index.ts';
import { readable } from './readable-trail.ts';
import type { RecordOf } from './trails.ts';

interface Circumstances {
  /** A consumer stopped early: the rows that nobody took have no entry. */
  readonly stopped?: boolean;
}

/** What must hold of every trail whose batches are all over: the order of records per row, I5 and I6, and what `audit` says. */
export async function checkTrail(
  records: readonly AuditRecord[],
  circumstances: Circumstances = {},
): Promise<void> {
  for (const own of Map.groupBy(records, ({ runId }) => runId).values()) checkRun(own);
  for (const own of Map.groupBy(records, ({ batchId }) => batchId).values()) {
    checkBatch(own, circumstances);
  }
  const { runs } = await auditRuns(readable(records));
  expect
    .soft(
      runs.flatMap(({ stats }) => stats.differences),
      'counters that the records contradict',
    )
    .toEqual([]);
}

function checkRun(records: readonly AuditRecord[]): void {
  const byRow = Map.groupBy(
    records.filter((record) => 'stateId' in record),
    ({ stateId }) => stateId,
  );
  for (const [stateId, own] of byRow) checkRow(stateId, own);
}

function checkBatch(records: readonly AuditRecord[], { stopped = false }: Circumstances): void {
  expect(records[0]?.kind, 'first record of a batch').toBe('batch');
  const end = records.find((record) => record.kind === 'batch-end');
  if (end === undefined) return;
  expect(records.at(-1), 'last record of a batch').toBe(end);
  checkAttempts(end.stats, records);
  if (!stopped) checkEntries(end, records);
}

type OfRow = RecordOf<'row' | 'attempt' | 'call' | 'entry'>;

function checkRow(stateId: string, records: readonly OfRow[]): void {
  const kinds = records.map(({ kind }) => kind);
  const attempts = records.filter((record) => record.kind === 'attempt');
  if (attempts.length > 0 || kinds.includes('row'))
    expect(kinds[0], `first record of ${stateId}`).toBe('row');
  expect(
    attempts.map(({ attempt }) => attempt),
    `attempts of ${stateId}`,
  ).toEqual(attempts.map((_, index) => index + 1));
  for (const { dispatchedAt, startedAt, finishedAt } of attempts) {
    expect(startedAt, `start of ${stateId}`).toBeGreaterThanOrEqual(dispatchedAt);
    expect(finishedAt, `end of ${stateId}`).toBeGreaterThanOrEqual(startedAt);
  }
  const entries = records.filter((record) => record.kind === 'entry');
  for (const { result } of entries.slice(0, -1)) {
    expect(result.status, `result of ${stateId} before the last one`).toBe('error'); // it was tried again in another batch
  }
  const entry = entries.at(-1);
  if (entry === undefined) return;
  expect(records.at(-1), `last record of ${stateId}`).toBe(entry);
  expect(entry.attempts, `attempts in the entry of ${stateId}`).toBe(attempts.length);
}

/** I5 and I6: the counters are what the attempt records say. */
function checkAttempts(stats: BatchStats, records: readonly AuditRecord[]): void {
  const attempts = records.filter((record) => record.kind === 'attempt');
  const made = new Set(attempts.map(({ stateId, attempt }) => `${attempt} ${stateId}`));
  const refused = attempts.filter(
    ({ outcome, stateId, attempt }) => outcome === 'capacity' && made.has(`${attempt + 1} ${stateId}`),
  );
  const backoffMs = attempts.reduce((sum, attempt) => sum + attempt.backoffMs, 0);
  const delaysMs = attempts.flatMap(({ delayAfterMs }) => delayAfterMs ?? []);
  if (delaysMs.length > 0)
    expect.soft(stats.peakDelayMs, 'highest delay on record').toBe(Math.max(...delaysMs));
  expect.soft(stats.attempts, 'I5: attempts on record').toBe(attempts.length);
  expect.soft(stats.capacityRetries, 'I5: refusals on record').toBe(refused.length);
  expect.soft(stats.totalThrottleTimeMs, 'I6: waits on record').toBeCloseTo(backoffMs, 3);
}

/** I5: the counters are what the entry records say, with those that were given out again. */
function checkEntries({ stats, givenBack }: RecordOf<'batch-end'>, records: readonly AuditRecord[]): void {
  const entries = records.filter((record) => record.kind === 'entry');
  const errors = entries.filter(({ result }) => result.status === 'error').length + (givenBack?.errors ?? 0);
  const submitted = entries.length + (givenBack?.errors ?? 0) + (givenBack?.successes ?? 0);
  expect.soft(stats, 'I5: entries on record').toMatchObject({
    submitted,
    successes: submitted - errors,
    errors,
  });
}
