import { describe, expect, test } from 'vitest';
import { auditText } from '../../src/cli/audit-text.ts';
import type { CheckedCounter, RunReport } from '../../src/index.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

const attempts: CheckedCounter = { name: 'attempts', stated: 3, least: 3, most: 3 };
const run: RunReport = {
  runId: 'r',
  stopped: false,
  startedAt: AT,
  batches: 1,
  rows: 2,
  attempts: 3,
  calls: 0,
  entries: 2,
  drifts: [],
  results: { success: 1, none: 1 },
  outcomes: { ok: 2, capacity: 1 },
  rowsByAttempts: [0, 1, 1],
  slowest: [],
  concurrency: { highest: 2, spanMs: 10, msAtLevel: [0, 5, 5], overTime: [1, 2] },
  stats: { batches: 1, counters: [attempts], differences: [], differenceCount: 0 },
};

function textOf(more: Partial<RunReport>): string {
  return auditText({ runs: [{ ...run, ...more }], agrees: true });
}

describe('auditText', () => {
  test('a trail without runs', () => {
    expect(auditText({ runs: [], agrees: true })).toBe('The trail has no runs\n');
  });

  test('a run, line by line', () => {
    const transform = { url: 'file:///t.mjs', sha256: '0123456789abcdef' };
    expect(textOf({ transform, endedAt: AT + 2_000 }).split('\n')).toEqual([
      'Run r, started 2026-01-02T03:04:05.000Z, ended after 2.00 s',
      '  transform         file:///t.mjs (sha256 0123456789ab)',
      '  records           1 batch, 2 rows, 3 attempts, 0 records of calls, 2 entries',
      '  rows              1 success · 1 without result',
      '  attempts          2 ok · 1 capacity',
      '  rows by attempts  1: 1 · 2: 1',
      '  rows at once      at most 2; share of the time by number: 1: 50.0% · 2: 50.0%',
      '                    ▅█  over 0.01 s',
      '  counters          attempts              stated 3, recomputed 3',
      '',
      'Every counter agrees with the records.',
      '',
    ]);
  });

  test.each<[what: string, more: Partial<RunReport>, part: string]>([
    ['that has not ended', {}, 'Z, has not ended\n'],
    [
      'that was stopped',
      { stopped: true, endedAt: AT + 2_000 },
      'Z, stopped after 2.00 s\n' +
        'The run was stopped before all of its input was done: --resume continues it, if it is the last one.\n',
    ],
    [
      'that has stated no counters',
      { stats: { ...run.stats, batches: 0, counters: [] } },
      'none were stated, as no batch has ended\n\nThere are no counters to compare.\n',
    ],
    [
      'that was continued in spite of something',
      { drifts: [{ batchId: 'b', at: AT + 60_000, drift: ['one has changed', 'another is not given'] }] },
      ' 2 entries\n  continued         2026-01-02T03:05:05.000Z, although one has changed; another is not given\n',
    ],
    [
      'of several batches, not all of which have ended',
      { batches: 3, stats: { ...run.stats, batches: 2 } },
      '  counters          summed over 2 of 3 batches, those that have ended; of peakDelayMs and maxConcurrentReached the highest\n' +
        '                    submitted, successes, errors: a row counts in each batch that had it, also if its result was on record\n' +
        '                    attempts              stated 3, recomputed 3\n',
    ],
    [
      'of several batches that have ended',
      { batches: 2, stats: { ...run.stats, batches: 2 } },
      '  counters          summed over all 2 batches; of peakDelayMs and maxConcurrentReached the highest\n',
    ],
    ['in which nothing was tried', { outcomes: {} }, '  attempts          none\n'],
    [
      'whose slowest attempts are known',
      {
        slowest: [
          { stateId: 'a', rowIndex: 0, attempt: 1, outcome: 'ok', ranMs: 12.34 },
          { stateId: 'b', rowIndex: 1, attempt: 2, outcome: 'failed', ranMs: 1 },
        ],
      },
      "  slowest                12.3 ms  row 0 ('a'), attempt 1, ok\n" +
        "                          1.0 ms  row 1 ('b'), attempt 2, failed\n",
    ],
    [
      'no batch of which has ended',
      { stats: { batches: 0, counters: [], differences: [], differenceCount: 0 } },
      '  counters          none were stated, as no batch has ended\n',
    ],
    [
      'one of whose counters has bounds',
      {
        stats: {
          ...run.stats,
          counters: [attempts, { name: 'maxConcurrentReached', stated: 2, least: 1, most: 2.5 }],
        },
      },
      '                    maxConcurrentReached  stated 2, recomputed 1 to 2.5\n',
    ],
  ])('a run %s', (_what, more, part) => {
    expect(textOf(more)).toContain(part);
  });

  test('a run that took no time says nothing of rows at once', () => {
    const concurrency = { highest: 0, spanMs: 0, msAtLevel: [], overTime: [] };
    expect(textOf({ concurrency })).not.toContain('at once');
  });

  test.each([
    [20, 20, undefined],
    [21, 21, 'and 1 more difference\n'],
    [100, 130, 'and 110 more differences\n'],
  ])('of %d differences listed and %d in all it shows 20 and tells the rest', (listed, all, more) => {
    const difference = { ...attempts, stated: 4, batchId: 'b' };
    const differences = Array<typeof difference>(listed).fill(difference);
    const stats = { ...run.stats, differences, differenceCount: all };
    const text = auditText({ runs: [{ ...run, stats }], agrees: false });
    expect(text.match(/DIFFERENCE +attempts +stated 4, recomputed 3, in batch b\n/g)).toHaveLength(20);
    if (more === undefined) expect(text).not.toContain('more difference');
    else expect(text).toContain(more);
    expect(text).toContain('Counters DIFFER from the records: see above.\n');
  });
});
