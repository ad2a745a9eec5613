import { describe, expect } from 'vitest';
import { workerUrl } from '../helpers/engines.ts';
import { test } from '../helpers/executor-fixture.ts';
import { outputsOf } from '../helpers/rows.ts';
import { PooledExecutor } from '../../src/index.ts';
import { typeOfThis } from '../workers/thread-transform.ts';

describe('what the transform is given in a thread', () => {
  test('its own thread, workerData, env, execArgv, limits and context', async ({ createExecutor }) => {
    const executor = createExecutor<string, unknown>({
      transform: workerUrl('thread-transform.ts'),
      poolSize: 1,
      workerData: { answer: 42 },
      env: { FROM_THE_TEST: 'yes', NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '' },
      execArgv: ['--no-warnings'],
      resourceLimits: { maxOldGenerationSizeMb: 200 },
    });
    const rows = ['thread', 'workerData', 'env', 'execArgv', 'resourceLimits', 'context'];
    const contexts = rows.map((row, index) => ({ row, stateId: `id of ${row}`, rowIndex: 10 * index }));
    const [isMainThread, data, env, execArgv, limits, context] = outputsOf(
      await executor.executeBatch(contexts),
    );
    expect(isMainThread).toBe(false);
    expect((data as unknown[])[0]).toEqual({ answer: 42 });
    expect(JSON.stringify((data as unknown[])[1])).toContain('"answer":42');
    expect(env).toBe('yes');
    expect(execArgv).toEqual(['--no-warnings']);
    expect(limits).toMatchObject({ maxOldGenerationSizeMb: 200, maxYoungGenerationSizeMb: 48 });
    expect(context).toEqual({ stateId: 'id of context', rowIndex: 50, attempt: 1 });
  });

  test('in-process: the same context', async ({ createExecutor }) => {
    const executor = createExecutor({
      transform: (row: string, { stateId, rowIndex, attempt, workerData, signal }) => ({
        row,
        stateId,
        rowIndex,
        attempt,
        workerData,
        aborted: signal.aborted,
      }),
      poolSize: 1,
      workerData: { answer: 42 },
    });
    const contexts = [{ row: 'a', stateId: 'first', rowIndex: 3 }];
    expect(outputsOf(await executor.executeBatch(contexts))).toEqual([
      { row: 'a', stateId: 'first', rowIndex: 3, attempt: 1, workerData: { answer: 42 }, aborted: false },
    ]);
  });

  test.each([
    ['threads', { transform: workerUrl('thread-transform.ts'), exportName: 'typeOfThis' }],
    ['in-process', { transform: typeOfThis }],
  ])('%s: the transform is called on nothing', async (_, transform) => {
    await using executor = new PooledExecutor<number, string>({ ...transform, poolSize: 1 });
    expect(await executor.map([1])).toEqual([{ status: 'success', value: 'undefined' }]);
  });
});
