import { describe, expect } from 'vitest';
import { MemoryAuditTrail, type BatchOptions, type RowContext } from '../../src/index.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, contextsOf } from '../helpers/rows.ts';
import { makeTrackedTransform } from '../helpers/transforms.ts';

const row = (stateId: unknown, rowIndex: unknown) => ({ row: 1, stateId, rowIndex }) as RowContext<number>;

describe('executeBatch: misuse rejects, and nothing runs', () => {
  test.for<[name: string, contexts: RowContext<number>[], message: RegExp]>([
    ['empty id', [row('', 0)], /'stateId' must be a non-empty string: received ''/],
    ['id that is no string', [row(5, 0)], /'stateId' must be a non-empty string: received 5/],
    ['no id', [row(undefined, 0)], /'stateId' must be a non-empty string: received undefined/],
    ['number', [5] as never, /'stateId' must be a non-empty string: received undefined/],
    ['null', [null] as never, /'stateId' must be a non-empty string: received undefined/],
    ['undefined', [undefined] as never, /'stateId' must be a non-empty string: received undefined/],
    ['id used twice', [row('a', 0), row('b', 1), row('a', 2)], /stateId 'a' is used twice in the batch/],
    ['index used twice', [row('a', 0), row('b', 1), row('c', 0)], /rowIndex 0 is used twice in the batch/],
    ['index used twice in a row', [row('a', 3), row('b', 3)], /rowIndex 3 is used twice in the batch/],
    ['negative index', [row('a', -1)], /'rowIndex' must be a whole number from 0: received -1/],
    ['fractional index', [row('a', 0.5)], /'rowIndex' must be a whole number from 0: received 0.5/],
    ['NaN as index', [row('a', NaN)], /'rowIndex' must be a whole number from 0: received NaN/],
    ['index that is no number', [row('a', '0')], /'rowIndex' must be a whole number from 0: received '0'/],
  ])('%s', async ([, contexts, message], { createExecutor }) => {
    const { transform, log } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 1 });
    const batch = executor.executeBatch(contexts);
    await expect(batch).rejects.toThrow(message);
    await expect(batch).rejects.toBeInstanceOf(TypeError);
    expect(log).toEqual([]);
    expect(executor.getStats().poolStats.submitted).toBe(0);
  });

  test('indices in any order are fine, and entries come in the order of submission', async ({
    createExecutor,
  }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    const { entries } = await executor.executeBatch([row('c', 7), row('a', 2), row('b', 5)]);
    expect(entries.map(({ rowIndex }) => rowIndex)).toEqual([7, 2, 5]);
  });

  test.for<[name: string, options: object, message: RegExp]>([
    ['signal', { signal: 5 }, /Cannot start batch as 'signal' must be an AbortSignal: received 5/],
    ['runId', { runId: '' }, /'runId' must be a non-empty string/],
    ['onProgress', { onProgress: 'often' }, /'onProgress' must be a function/],
    ['unknown option', { windw: 5 }, /'windw' is not an option/],
    ['window', { window: 5 }, /'window' is not an option/],
  ])('option %s', async ([, options, message], { createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 1 });
    await expect(executor.executeBatch(contextsOf([1]), options as BatchOptions)).rejects.toThrow(message);
    await expect(executor.map([1], options as BatchOptions)).rejects.toThrow(message);
  });

  test.for<[name: string, rows: unknown]>([
    ['number', 5],
    ['undefined', undefined],
    ['object', { length: 2 }],
    ['async generator', (async function* () {})()], // must not be taken for an empty batch
  ])('rows that are not iterable: %s', async ([, rows], { createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 1 });
    await expect(executor.executeBatch(rows as never)).rejects.toThrow(TypeError);
    await expect(executor.map(rows as never)).rejects.toThrow(TypeError);
  });

  test('an iterable of contexts that throws rejects with its error', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 1 });
    const error = new Error('contexts broke');
    const contexts = function* (): Generator<RowContext<number>> {
      yield row('a', 0);
      throw error;
    };
    await expect(executor.executeBatch(contexts())).rejects.toBe(error);
  });
});

describe('stream: misuse throws at once', () => {
  test.for([0, -1, 1.5, NaN, '5', null])('window %s', async (window, { createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 1 });
    expect(() => executor.stream([1], { window: window as number })).toThrow(
      /Cannot start stream as 'window' must be a positive integer/,
    );
    expect(executor.pendingCount).toBe(0);
  });
});

describe('run on a trail', () => {
  test('an id or index that an earlier batch of the run had is refused, other runs may have it', async ({
    createExecutor,
  }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      audit,
    });
    await executor.executeBatch([row('a', 0), row('b', 1)], { runId: 'one' });
    await expect(executor.executeBatch([row('a', 2)], { runId: 'one' })).rejects.toThrow(
      /stateId 'a' is used twice/,
    );
    await expect(executor.executeBatch([row('c', 1)], { runId: 'one' })).rejects.toThrow(
      /rowIndex 1 is used twice/,
    );
    expect((await executor.executeBatch([row('c', 2)], { runId: 'one' })).entries).toHaveLength(1);
    expect((await executor.executeBatch([row('a', 0)], { runId: 'two' })).entries).toHaveLength(1);
    expect((await executor.executeBatch([row('a', 0)])).entries).toHaveLength(1);
  });

  test('a refused batch takes none of its identities', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      audit,
    });
    await executor.executeBatch([row('a', 0)], { runId: 'one' });
    await expect(executor.executeBatch([row('b', 1), row('a', 2)], { runId: 'one' })).rejects.toThrow(
      /'a' is used/,
    );
    expect((await executor.executeBatch([row('b', 1)], { runId: 'one' })).entries).toHaveLength(1);
  });

  test('a stream that uses an identity of the run again ends with that error', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor({
      transform: makeTrackedTransform<number>().transform,
      poolSize: 1,
      audit,
    });
    await executor.map([1], { runId: 'one' });
    await expect(collect(executor.stream([1], { runId: 'one' }))).rejects.toThrow(/used twice in run 'one'/);
  });
});
