import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { AuditRecord, Entry } from '../../src/index.ts';
import type { RecordOf } from '../helpers/trails.ts';
import type { FaultyRow } from '../workers/faulty-transform.ts';
import { expectedOf } from './round-rows.ts';
import type { Round, Subject, Work } from './rounds.ts';

/** Checks what must hold after every round. Returns how many checks that were; throws at the first that fails. */
export function checkRound(subject: Subject, { works, records }: Round): number {
  let checks = 0;
  const check = (actual: unknown, expected: unknown, what: string) => {
    checks++;
    assert.deepEqual(actual, expected, `${subject.name}: ${what}: ${show(actual)}, not ${show(expected)}`);
  };
  const { executor } = subject;
  check(executor.availablePermits, executor.poolSize, 'I4: permits free');
  check(executor.pendingCount, 0, 'I4: pending rows');
  const together = mostAtOnce(records);
  const surplus = together.length > executor.poolSize ? together.map(outlineOf) : [];
  check(surplus, [], 'I2: rows that ran at once, from the record');
  for (const work of works) {
    checkEntries(subject, work, check);
    checkRecord(
      work,
      records.filter(({ runId }) => runId === work.runId),
      check,
    );
  }
  return checks;
}

type Check = (actual: unknown, expected: unknown, what: string) => void;

/** I1, and I11: each row has the result that it would have had alone. */
function checkEntries({ isolation }: Subject, { rows, cut, entries }: Work, check: Check): void {
  if (!cut) check(entries.length, rows.length, 'I1: an entry for each row');
  entries.forEach((entry, index) => {
    const row = rows[index];
    if (row === undefined) throw new Error(`There are more entries (${entries.length}) than rows`);
    check(entry.rowIndex, row.id, 'I1: entries in the order of the rows');
    check(timesAreOrdered(entry), true, `times of row ${row.id}, whatever the wall clock does`);
    const found = codeOf(entry);
    if (cut && found === 'aborted') return;
    const expected = expectedCode(row, isolation);
    // what uses up its memory may be slow about it
    const slow = expected === 'worker_lost' && found === 'attempt_timeout';
    if (!slow) check(found, expected, `I11: row ${row.id} with the fault '${row.fault ?? 'none'}'`);
    if (row.fault === undefined && entry.result.status === 'success') {
      check(entry.result.value, row.id * 10, `I11: result of row ${row.id}`);
    }
  });
}

/** I5 and I6: the counters are what is on record. */
function checkRecord({ stats, cut, entries }: Work, records: readonly AuditRecord[], check: Check): void {
  const attempts = records.filter((record) => record.kind === 'attempt');
  check(stats.attempts, attempts.length, 'I5: attempts on record');
  check(stats.submitted, stats.successes + stats.errors, 'I5: every row ended');
  const backoffMs = attempts.reduce((sum, attempt) => sum + attempt.backoffMs, 0);
  check(Math.abs(stats.totalThrottleTimeMs - backoffMs) < 0.01, true, 'I6: waits on record');
  const attemptsOf = Map.groupBy(attempts, ({ stateId }) => stateId);
  for (const [stateId, own] of attemptsOf) {
    check(
      own.map(({ attempt }) => attempt),
      own.map((_, index) => index + 1),
      `attempts of ${stateId}`,
    );
  }
  if (cut) return;
  for (const entry of entries) {
    check(entry.attempts, attemptsOf.get(entry.stateId)?.length ?? 0, `I5: attempts of ${entry.stateId}`);
  }
}

function timesAreOrdered({ submittedAt, completedAt, bufferWaitMs }: Entry<unknown>): boolean {
  return submittedAt <= completedAt && bufferWaitMs >= 0;
}

function codeOf({ result }: Entry<unknown>): string {
  return result.status === 'success' ? 'ok' : result.error.code;
}

function expectedCode({ fault }: FaultyRow, isolation: Subject['isolation']): string {
  return fault === undefined ? 'ok' : expectedOf(fault, isolation).code;
}

type Attempt = RecordOf<'attempt'> & AuditRecord;

/** The attempts that ran when the most did. */
function mostAtOnce(records: readonly AuditRecord[]): readonly Attempt[] {
  const events = records
    .filter((record): record is Attempt => record.kind === 'attempt')
    .filter(({ startedAt, finishedAt }) => startedAt < finishedAt) // others took no time
    .flatMap((attempt) => [
      { at: attempt.startedAt, change: 1, attempt },
      { at: attempt.finishedAt, change: -1, attempt },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change);
  const running = new Set<Attempt>();
  let most: readonly Attempt[] = [];
  for (const { change, attempt } of events) {
    if (change > 0) running.add(attempt);
    else running.delete(attempt);
    if (running.size > most.length) most = [...running];
  }
  return most;
}

function outlineOf(record: Attempt): object {
  const { rowIndex, attempt, threadId, sliceId, dispatchedAt, startedAt, finishedAt, outcome, runId } =
    record;
  const error = 'error' in record ? record.error : undefined;
  return { runId, rowIndex, attempt, threadId, sliceId, dispatchedAt, startedAt, finishedAt, outcome, error };
}

function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity });
}
