import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asCapacitySignal, CapacityError } from '../../src/core/capacity-error.ts';
import { failure, lost, outcomeOfThrown } from '../../src/core/outcome.ts';
import { describeThrown } from '../../src/core/row-error.ts';

describe('outcomeOfThrown', () => {
  test('an error fails the row, and running it again would not help', () => {
    const error = Object.assign(new TypeError('bad row'), { status: 400 });
    expect(outcomeOfThrown(error)).toStrictEqual({
      status: 'error',
      error: describeThrown(error),
      retryable: false,
    });
  });

  test('null is a row error', () => {
    expect(outcomeOfThrown(null)).toMatchObject({ status: 'error', error: { code: 'transform_error' } });
  });

  test('a refusal carries its status, its wait and the described error', () => {
    const error = new CapacityError(429, 'slow down', { retryAfterMs: 30 });
    expect(outcomeOfThrown(error)).toStrictEqual({
      status: 'capacity',
      error: describeThrown(error),
      statusCode: 429,
      retryAfterMs: 30,
    });
    expect(outcomeOfThrown({ status: 503 })).toStrictEqual({
      status: 'capacity',
      error: describeThrown({ status: 503 }),
      statusCode: 503,
    });
  });

  test('a refusal and its described error agree on the status, whatever was thrown', () => {
    const status = fc.constantFrom<unknown>(429, 503, 529, 200, 500, '503', NaN, undefined);
    fc.assert(
      fc.property(status, status, fc.boolean(), (one, two, isError) => {
        const fields = { status: one, statusCode: two };
        const thrown: unknown = isError ? Object.assign(new Error('x'), fields) : fields;
        const outcome = outcomeOfThrown(thrown);
        const signal = asCapacitySignal(thrown);
        expect(outcome.status).toBe(signal === undefined ? 'error' : 'capacity');
        if (outcome.status === 'capacity') expect(outcome.error.statusCode).toBe(outcome.statusCode);
      }),
    );
  });
});

describe('failure', () => {
  test('carries code, message and what else is given, which can not replace them', () => {
    expect(
      failure('attempt_timeout', 'too long', { maxMs: 5, message: 'other', code: 'aborted' }),
    ).toStrictEqual({
      status: 'error',
      error: { code: 'attempt_timeout', message: 'too long', maxMs: 5 },
      retryable: false,
    });
  });

  test.each(['capacity_retry_timeout', 'shutdown_requested', 'aborted'] as const)(
    '%s is retryable',
    (code) => {
      expect(failure(code, 'm')).toStrictEqual({
        status: 'error',
        error: { code, message: 'm' },
        retryable: true,
      });
    },
  );
});

describe('lost', () => {
  test.each(['culprit', 'suspect', 'bystander'] as const)(
    'says why the worker is gone, and what the row has to do with it: %s',
    (blame) => {
      expect(lost(new Error('exit 1'), blame)).toStrictEqual({
        status: 'lost',
        blame,
        error: { code: 'worker_lost', message: 'Worker was lost while it ran the row: exit 1' },
      });
    },
  );

  test('I10 whatever the reason is, it can be told', () => {
    for (const reason of [Object.create(null), { toString: 1, valueOf: 1 }, Symbol('s'), null]) {
      expect(lost(reason, 'culprit').error.message).toMatch(/^Worker was lost while it ran the row: /);
    }
  });

  test('a reason that is no error is named', () => {
    expect(lost('killed', 'culprit').error.message).toBe('Worker was lost while it ran the row: killed');
    expect(lost(undefined, 'culprit').error.message).toMatch(
      /^Worker was lost while it ran the row: .*undefined$/,
    );
  });
});
