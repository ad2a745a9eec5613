import { describe, expect } from 'vitest';
import type { PooledExecutorOptions, RowError } from '../../src/index.ts';
import { bothEngines, workerUrl } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, contextsOf, errorOf, range } from '../helpers/rows.ts';
import throwing, { RETURNED, THROWN, type ThrowingRow } from '../workers/throwing-transform.ts';

type AnyTransform = PooledExecutorOptions['transform'];
type ThrownName = keyof typeof THROWN;

const STACK = expect.stringContaining('throwing-transform') as string;

/** What must be left of each thrown value. */
const EXPECTED: Readonly<Record<ThrownName, Partial<RowError>>> = {
  TypeError: { name: 'TypeError', message: 'bad type', stack: STACK },
  string: { message: 'just text' },
  null: { message: 'Thrown value is not an error: null', details: null },
  undefined: { message: 'Thrown value is not an error: undefined' },
  number: { message: 'Thrown value is not an error: 42', details: 42 },
  bigint: { message: 'Thrown value is not an error: 42', details: 42n },
  symbol: { message: 'Thrown value is not an error: Symbol(why)', details: 'Symbol(why)' },
  function: { message: 'Thrown value is not an error: [function named]', details: '[function named]' },
  'frozen object': { message: expect.any(String) as string, details: { reason: 'cold' } },
  'frozen error': { name: 'Error', message: 'cold', stack: STACK },
  'circular object': { message: expect.any(String) as string, details: THROWN['circular object']() },
  'own properties': {
    name: 'Error',
    message: 'service failed',
    stack: STACK,
    details: { code: 'E_SERVICE', retries: 3, nested: { a: [1, 2] } },
  },
  'uncloneable property': {
    name: 'Error',
    message: 'has a function',
    stack: STACK,
    details: { callback: '[function callback]', kept: 7 },
  },
  cause: {
    name: 'Error',
    message: 'outer',
    stack: STACK,
    cause: {
      code: 'transform_error',
      name: 'RangeError',
      message: 'inner',
      stack: STACK,
      cause: { code: 'transform_error', message: 'root' },
    },
  },
  'its own cause': { name: 'Error', message: 'its own cause', stack: STACK },
  'throwing message': { name: 'Error', message: expect.stringContaining('can not be read') as string },
  aggregate: {
    name: 'AggregateError',
    message: 'several',
    stack: STACK,
    details: {
      errors: [{ code: 'transform_error', name: 'Error', message: 'first', stack: STACK }, 'second'],
    },
  },
  proxy: { message: expect.any(String) as string },
};

const NAMES = Object.keys(THROWN) as ThrownName[];

const UNCLONEABLE: readonly [name: string, row: unknown][] = [
  ['function', () => 1],
  ['symbol', Symbol('row')],
  ['object with a function', { id: 1, callback: () => 1 }],
  ['array with a symbol', [Symbol('row')]],
  ['promise', Promise.resolve(1)],
  [
    'throwing getter',
    {
      get id(): number {
        throw new Error('getter failed');
      },
    },
  ],
];

describe.each(bothEngines('throwing-transform.ts', throwing))('I11 $name', ({ transform }) => {
  test.for(['throws', 'rejects'] as const)(
    'a transform that %s anything gives an entry each',
    async (how, { createExecutor }) => {
      const executor = createExecutor<ThrowingRow, unknown>({ transform, poolSize: 2 });
      const rows: ThrowingRow[] = NAMES.flatMap((name, index) => [
        { throws: name, rejects: how === 'rejects' },
        index, // each bad row between good ones
      ]);
      const { entries, stats } = await executor.executeBatch(contextsOf(rows));
      for (const [index, name] of NAMES.entries()) {
        const { error, retryable } = errorOf(entries[2 * index]);
        expect
          .soft({ retryable, ...error }, name)
          .toMatchObject({ retryable: false, code: 'transform_error', ...EXPECTED[name] });
        expect.soft(entries[2 * index + 1]?.result, name).toEqual({ status: 'success', value: index });
      }
      expect(entries.every(({ attempts }) => attempts === 1)).toBe(true);
      expect(stats).toMatchObject({ successes: NAMES.length, errors: NAMES.length, capacityRetries: 0 });
    },
  );

  test('a result that can not be cloned is the error of its row alone', async ({ createExecutor }) => {
    const executor = createExecutor<ThrowingRow, unknown>({ transform, poolSize: 2, sliceSize: 3 });
    for (const name of Object.keys(RETURNED) as (keyof typeof RETURNED)[]) {
      const { entries, stats } = await executor.executeBatch(contextsOf([1, { returns: name }, 2, 3]));
      expect(codesOf(entries), name).toEqual(['ok', 'transform_error', 'ok', 'ok']);
      expect(errorOf(entries[1]).error.message, name).toContain(
        'Result of the transform can not leave the worker',
      );
      expect(entries[1]?.attempts, name).toBe(1);
      expect(stats, name).toMatchObject({ attempts: 4, successes: 3, errors: 1 });
    }
  });

  test('a row that can not be cloned is a transform_error with 0 attempts', async ({ createExecutor }) => {
    const executor = createExecutor<unknown, unknown>({
      transform: transform as AnyTransform,
      poolSize: 2,
    });
    for (const [name, row] of UNCLONEABLE) {
      const { entries, stats } = await executor.executeBatch(contextsOf<unknown>([row, 7, row]));
      expect(codesOf(entries), name).toEqual(['transform_error', 'ok', 'transform_error']);
      expect(errorOf(entries[0]), name).toMatchObject({
        retryable: false,
        error: { message: expect.stringContaining('Row can not be cloned') as string },
      });
      expect(
        entries.map(({ attempts }) => attempts),
        name,
      ).toEqual([0, 1, 0]);
      expect(stats, name).toMatchObject({ submitted: 3, attempts: 1, successes: 1, errors: 2 });
    }
  });

  test('a batch of which no row can be cloned has an entry each', async ({ createExecutor }) => {
    const executor = createExecutor<unknown, unknown>({ transform: transform as AnyTransform, poolSize: 2 });
    const { entries } = await executor.executeBatch(contextsOf<unknown>(range(20).map(() => () => 1)));
    expect(codesOf(entries)).toEqual(range(20).map(() => 'transform_error'));
  });
});

test('errors are the same in-process and in threads, but for their stacks', async ({ createExecutor }) => {
  const rows: ThrowingRow[] = NAMES.map((throws) => ({ throws }));
  const inProcess = createExecutor<ThrowingRow, unknown>({ transform: throwing, poolSize: 2 });
  const threads = createExecutor<ThrowingRow, unknown>({
    transform: workerUrl('throwing-transform.ts'),
    poolSize: 2,
  });
  const withoutStacks = (entries: readonly unknown[]) =>
    JSON.stringify(entries, (key, value: unknown) =>
      key === 'stack' || key === 'self' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    );
  expect(withoutStacks(await threads.map(rows))).toBe(withoutStacks(await inProcess.map(rows)));
});
