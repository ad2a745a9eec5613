import { describe, expect, test } from 'vitest';
import { explanationText } from '../../src/cli/explanation-text.ts';
import type {
  ExplainedAttempt,
  ExplainedCall,
  ExplainedEntry,
  RowError,
  RowExplanation,
} from '../../src/index.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const BRIEF = { full: false };

const row: RowExplanation = {
  runId: 'run',
  stateId: 'id',
  rowIndex: 4,
  batches: 1,
  attempts: [],
  entries: [],
};
const submission = { batchId: 'b', at: AT, request: { n: 1 }, requestSha256: '' };
const place = {
  threadId: 3,
  sliceId: 9,
  dispatchedAt: AT + 1,
  startedAt: AT + 2,
  finishedAt: AT + 12.5,
  delayMs: 50,
};
const attempt: ExplainedAttempt = {
  attempt: 1,
  batchId: 'b',
  outcome: 'ok',
  response: { n: 2 },
  place,
  waits: [],
  backoffMs: 0,
  calls: [],
};
const call: ExplainedCall = { callIndex: 0, name: 'find', requestedAt: AT + 3, request: 'q' };
const entry: ExplainedEntry = {
  batchId: 'b',
  at: AT + 20,
  rowIndex: 4,
  stateId: 'id',
  result: { status: 'success', value: 1 },
  submitIndex: 5,
  completeIndex: 6,
  submittedAt: AT,
  completedAt: AT + 12.5,
  bufferWaitMs: 0,
  attempts: 1,
};

function linesOf(more: Partial<RowExplanation>, style = BRIEF): string[] {
  return explanationText({ ...row, ...more }, style).split('\n');
}

function linesOfAttempt(more: Partial<ExplainedAttempt>, style = BRIEF): string[] {
  return linesOf({ submission, attempts: [{ ...attempt, ...more }] }, style);
}

describe('explanationText: the headline', () => {
  test.each<[Partial<RowExplanation>, string]>([
    [{ result: { status: 'success', value: 1 } }, 'success after 0 attempts'],
    [{ attempts: [attempt], result: entry.result, entries: [entry] }, 'success after 1 attempt in 12.5 ms'],
    [
      {
        attempts: [attempt, attempt],
        result: { status: 'error', error: { code: 'aborted', message: '' }, retryable: true },
      },
      'aborted after 2 attempts',
    ],
    [{}, 'never finished, after 0 attempts'],
    [{ batches: 2 }, 'never finished, after 0 attempts, over 2 batches'],
    [
      {
        batches: 2,
        submission: { ...submission, at: AT - 60_000 },
        attempts: [attempt, attempt],
        result: entry.result,
        entries: [entry],
      },
      'success after 2 attempts in 60,012.5 ms, over 2 batches',
    ],
    [
      { open: { attempt: 2, sliceId: 1, dispatchedAt: AT, calls: [] } },
      'never finished, after 0 attempts and one without an end',
    ],
  ])('of %j', (more, expected) => {
    expect(linesOf(more)[0]).toBe(`Row 4 (state id 'id') of run run: ${expected}`);
  });
});

describe('explanationText: the story', () => {
  test('a row that was replaced by another is told from the first one on', () => {
    const replaced = [{ ...submission, batchId: 'a', at: AT - 100, request: { n: 0 } }];
    const lines = linesOf({ submission, replaced, attempts: [attempt] });
    expect(lines.slice(2, 7)).toEqual([
      '       0.0 ms  submitted at 2026-01-02T03:04:04.900Z',
      '                 request   {"n":0}',
      '     100.0 ms  submitted again, changed, at 2026-01-02T03:04:05.000Z',
      '                 request   {"n":1}',
      '     101.0 ms  attempt 1 dispatched; delay in force 50.0 ms',
    ]);
  });

  test('an attempt that ran another transform than the one before it says so', () => {
    const [one, other] = [
      { url: 'file:///t.mjs', sha256: '0123456789abcdef' },
      { url: 'file:///t.mjs', sha256: 'fedcba9876543210' },
    ];
    const later = { ...attempt, place: { ...place, dispatchedAt: AT + 60 } };
    const lines = linesOf({
      submission,
      attempts: [
        { ...attempt, transform: one },
        { ...later, attempt: 2, transform: other },
        { ...later, attempt: 3, transform: other },
      ],
      open: {
        attempt: 4,
        sliceId: 8,
        dispatchedAt: AT + 90,
        calls: [],
        transform: { url: 'x:', sha256: '' },
      },
    });
    expect(lines.filter((line) => line.includes('transform')).map((line) => line.trim())).toEqual([
      'continued with another transform: file:///t.mjs (sha256 fedcba987654, before 0123456789ab)',
      'continued with another transform: x:, before file:///t.mjs (sha256 unknown, before fedcba987654)',
    ]);
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(at('sha256 fedcba987654, before')).toBe(at('attempt 2 dispatched') - 1);
    expect(at('sha256 unknown')).toBe(at('attempt 4 dispatched') - 1);
  });

  test('begins with the submission, and times count from it', () => {
    expect(linesOf({ submission }).slice(1, 4)).toEqual([
      '',
      '       0.0 ms  submitted at 2026-01-02T03:04:05.000Z',
      '                 request   {"n":1}',
    ]);
    expect(linesOf({})[2]).toContain('the row itself is not on record, as it could not be cloned');
  });

  test('an attempt: dispatched, started, ended', () => {
    expect(linesOfAttempt({}).slice(4)).toEqual([
      '       1.0 ms  attempt 1 dispatched; delay in force 50.0 ms',
      '       2.0 ms    started on thread 3, in slice 9',
      '      12.5 ms    succeeded after 10.5 ms',
      '                   response  {"n":2}',
      '               has no result on record: the process died, its consumer stopped, or the run goes on',
      '',
    ]);
  });

  test.each<[Partial<ExplainedAttempt>, string]>([
    [
      { outcome: 'capacity', error: { code: 'transform_error', message: 'm', statusCode: 503 } },
      'refused (503) after',
    ],
    [{ outcome: 'capacity', error: { code: 'transform_error', message: 'm' } }, 'refused after'],
    [{ outcome: 'failed', error: { code: 'transform_error', message: 'm' } }, 'failed after'],
    [{ outcome: 'lost', error: { code: 'worker_lost', message: 'm' } }, 'lost its worker after'],
    [{ backoffMs: 1_250 }, 'succeeded after 10.5 ms; wait of 1,250.0 ms ordered'],
  ])('an attempt that ended as %j', (more, expected) => {
    expect(linesOfAttempt(more)[6]).toContain(`  ${expected}`);
  });

  test('what an attempt waited for; the worker is the started line', () => {
    const waits = [
      { for: 'backoff', ms: 50 },
      { for: 'turn', ms: 2 },
      { for: 'worker', ms: 1 },
    ] as const;
    expect(linesOfAttempt({ waits })[4]).toMatch(/; waited 50\.0 ms in backoff, then 2\.0 ms for its turn$/);
  });

  test('an attempt without a place has only its end, at its first call or behind what comes before it', () => {
    const { place: _, ...placeless } = attempt;
    const lines = linesOf({
      submission,
      attempts: [
        attempt,
        { ...placeless, attempt: 2 },
        { ...placeless, attempt: 3, calls: [{ ...call, requestedAt: AT + 50 }] },
      ],
    });
    const starts = lines.filter((line) => /attempt \d/.test(line));
    expect(starts.map((line) => line.trim().replace(/^.* ms {2}/, ''))).toEqual([
      'attempt 1 dispatched; delay in force 50.0 ms',
      'attempt 2',
      'attempt 3',
    ]);
    const [, , submitted, , first] = linesOf({ submission, attempts: [placeless] });
    expect(submitted).toContain('submitted at');
    expect(first).toBe('               attempt 1');
  });

  test.each<[Partial<ExplainedCall>, string]>([
    [{}, '                   no answer on record'],
    [{ endedAt: AT + 4, response: { ok: 1 } }, '       4.0 ms      response  {"ok":1}'],
    [
      { endedAt: AT + 4, error: { code: 'transform_error', message: 'no' } },
      '       4.0 ms      error     transform_error: no',
    ],
  ])('a call that ended as %j', (more, expected) => {
    expect(linesOfAttempt({ calls: [{ ...call, ...more }] }).slice(6, 9)).toEqual([
      "       3.0 ms    call 'find' (index 0)",
      '                   request   "q"',
      expected,
    ]);
  });

  test.each<[RowError, string]>([
    [{ code: 'transform_error', message: 'bad' }, 'transform_error: bad'],
    [{ code: 'transform_error', message: 'bad', name: 'TypeError' }, 'transform_error: TypeError: bad'],
    [
      { code: 'rejected', message: 'no', details: [1], cause: { code: 'transform_error', message: 'why' } },
      'rejected: no [1], caused by transform_error: why',
    ],
  ])('the error %j', (error, expected) => {
    expect(linesOfAttempt({ outcome: 'failed', error })[7]).toBe(`                   error     ${expected}`);
  });

  test('an error has the place where it was thrown, and with full all that is on record of the way there', () => {
    const error: RowError = {
      code: 'transform_error',
      message: 'bad',
      stack: 'Error: bad\n    at score (t.ts:2:9)\n    at t (t.ts:5:3)',
    };
    const textOf = (full: boolean) => linesOfAttempt({ outcome: 'failed', error }, { full }).join('\n');
    expect(textOf(false)).toContain('bad\n                             at score (t.ts:2:9)\n');
    expect(textOf(false)).not.toContain('t.ts:5:3');
    expect(textOf(true)).toContain('at score (t.ts:2:9)\n                             at t (t.ts:5:3)');
  });

  test.each<[number, RegExp]>([
    [0, /meanwhile ran no other row$/],
    [2, /meanwhile ran rows 0, 1$/],
    [20, /rows 0, .*, 19$/],
    [22, /rows 0, .*, 19 and 2 more$/],
  ])('%d rows that ran meanwhile', (count, expected) => {
    const neighbour = { stateId: 's', attempt: 1, threadId: 1, startedAt: AT, finishedAt: AT };
    const alongside = Array.from({ length: count }, (_, rowIndex) => ({ ...neighbour, rowIndex }));
    expect(linesOfAttempt({ alongside })[8]).toMatch(expected);
  });

  test('an entry: completed, then given out', () => {
    const { result } = entry;
    expect(linesOf({ submission, entries: [entry], result }).slice(4, 6)).toEqual([
      '      12.5 ms  completed at index 6, submitted at index 5 (from 0): success',
      '      20.0 ms  given out',
    ]);
    const failed = { code: 'aborted', message: 'stopped' } as const;
    const late = {
      ...entry,
      bufferWaitMs: 30,
      result: { status: 'error', error: failed, retryable: true },
    } as const;
    expect(linesOf({ submission, entries: [late], result: late.result }).slice(4, 6)).toEqual([
      '      12.5 ms  completed at index 6, submitted at index 5 (from 0): aborted: stopped',
      '      42.5 ms  given out; waited 30.0 ms for the rows before it',
    ]);
  });

  test('an entry without a submission: times count from the entry', () => {
    expect(linesOf({ entries: [entry], result: entry.result })[3]).toContain('      12.5 ms  completed');
  });

  test('an attempt that has no end on record', () => {
    const open = { attempt: 2, sliceId: 8, dispatchedAt: AT + 7, calls: [call] };
    expect(linesOf({ submission, open }).slice(4)).toEqual([
      '       7.0 ms  attempt 2 dispatched in slice 8',
      "       3.0 ms    call 'find' (index 0)",
      '                   request   "q"',
      '                   no answer on record',
      '                 has no end on record: the process died, or it is still under way',
      '',
    ]);
  });
});
