import { describe, expect } from 'vitest';
import type { TransformResult } from '../../src/index.ts';
import { bothEngines } from '../helpers/engines.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, contextsOf, errorOf } from '../helpers/rows.ts';
import busy, { type BusyRow } from '../workers/busy-transform.ts';
import result, { type ResultName } from '../workers/result-transform.ts';

const CASES: [ResultName, TransformResult<unknown>][] = [
  ['success', { status: 'success', value: { n: 1 } }],
  ['success of undefined', { status: 'success', value: undefined }],
  [
    'error',
    {
      status: 'error',
      error: { code: 'rejected', message: 'not wanted', details: { field: 'a' } },
      retryable: false,
    },
  ],
  ['retryable error', { status: 'error', error: { code: 'rejected', message: 'not now' }, retryable: true }],
  ['look-alike success', { status: 'success', value: { status: 'success', value: 1 } }],
  [
    'look-alike error',
    {
      status: 'success',
      value: { status: 'error', error: { code: 'rejected', message: 'no' }, retryable: true },
    },
  ],
];

const BUSY: readonly BusyRow[] = [
  { carrier: 'CapacityError', code: 429 },
  { carrier: 'CapacityError', code: 500 }, // the class says it, whatever the code
  { carrier: 'status', code: 429 },
  { carrier: 'status', code: 503 },
  { carrier: 'status', code: 529 },
  { carrier: 'statusCode', code: 503 },
  { carrier: 'error with status', code: 503 },
  { carrier: 'error with statusCode', code: 529 },
  { carrier: 'function', code: 429 },
];

const NOT_BUSY: readonly BusyRow[] = [
  { carrier: 'status', code: 500 },
  { carrier: 'status', code: '429' }, // not a number
  { carrier: 'statusCode', code: 404 },
  { carrier: 'statusCode', code: NaN },
  { carrier: 'error with status', code: 502 },
  { carrier: 'error with statusCode', code: null },
];

describe.each(bothEngines('result-transform.ts', result))('TransformResult, $name', ({ transform }) => {
  test('what is made by it is a result, a look-alike is an output', async ({ createExecutor }) => {
    const executor = createExecutor<ResultName, unknown>({ transform, poolSize: 1 });
    const results = await executor.map(CASES.map(([name]) => name));
    for (const [index, [name, expected]] of CASES.entries()) {
      // as plain data: the prototype of a result made by TransformResult is of no concern
      expect.soft({ ...results[index] }, name).toEqual(expected);
    }
  });

  test('one that can not be cloned is a transform_error', async ({ createExecutor }) => {
    const executor = createExecutor<ResultName, unknown>({ transform, poolSize: 1 });
    const names: ResultName[] = [
      'uncloneable details',
      'success',
      'success that can not be cloned',
      'success',
    ];
    expect(codesOf(await executor.executeBatch(contextsOf(names)))).toEqual([
      'transform_error',
      'ok',
      'transform_error',
      'ok',
    ]);
  });

  test('error is counted as an error, and is no capacity error', async ({ createExecutor }) => {
    const executor = createExecutor<ResultName, unknown>({ transform, poolSize: 1 });
    const names: ResultName[] = ['error', 'retryable error', 'success'];
    const { stats } = await executor.executeBatch(contextsOf(names));
    expect(stats).toMatchObject({ successes: 1, errors: 2, attempts: 3, capacityRetries: 0 });
  });
});

describe.each(bothEngines('busy-transform.ts', busy))('capacity errors, $name', ({ transform }) => {
  test('are told by class or by a numeric status: the row is sent again', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const executor = createExecutor<BusyRow, string>({ transform, poolSize: 1 }, { clock });
    const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(BUSY)));
    for (const [index, row] of BUSY.entries()) {
      const expected = { attempts: 2, result: { status: 'success', value: 'done' } };
      expect.soft(entries[index], `${row.carrier} ${String(row.code)}`).toMatchObject(expected);
    }
    expect(stats).toMatchObject({ attempts: 2 * BUSY.length, capacityRetries: BUSY.length });
  });

  test('any other status fails the row', async ({ createExecutor }) => {
    const executor = createExecutor<BusyRow, string>({ transform, poolSize: 1 });
    const { entries, stats } = await executor.executeBatch(contextsOf(NOT_BUSY));
    expect(codesOf(entries)).toEqual(NOT_BUSY.map(() => 'transform_error'));
    expect(stats).toMatchObject({ attempts: NOT_BUSY.length, capacityRetries: 0, totalThrottleTimeMs: 0 });
  });

  test('the code and the cause are in the error when the budget is spent', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const executor = createExecutor<BusyRow, string>(
      { transform, poolSize: 1, maxCapacityRetryMs: 1 },
      { clock },
    );
    const row: BusyRow = { carrier: 'error with status', code: 529 };
    const { entries } = await clock.runUntil(executor.executeBatch(contextsOf([row])));
    expect(errorOf(entries[0]).error).toMatchObject({
      code: 'capacity_retry_timeout',
      statusCode: 529,
      cause: { name: 'Error', message: 'busy', statusCode: 529 },
    });
  });
});

test('a promise with a `then` of its own is awaited as `await` does it', async ({ createExecutor }) => {
  const code = `export default (row) => Object.assign(Promise.resolve(row), { then() { throw new Error('own'); } })`;
  const transform = `data:text/javascript,${encodeURIComponent(code)}`;
  const executor = createExecutor<number, number>({ transform, poolSize: 1 });
  const results = await executor.map([1, 2]);
  expect(results).toEqual([1, 2].map((value) => ({ status: 'success', value })));
});
