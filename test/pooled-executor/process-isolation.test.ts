import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { MemoryAuditTrail } from '../../src/index.ts';
import { workerUrl } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, collect, contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { temporaryFolder } from '../helpers/trail-files.ts';
import { ISOLATIONS } from '../helpers/runs.ts';
import { recordsOf } from '../helpers/trails.ts';
import { collectWarnings } from '../helpers/warnings.ts';
import type { BufferOutput, BufferRow } from '../workers/buffer-transform.ts';
import type { CallingRow } from '../workers/calling-transform.ts';
import type { FaultyRow } from '../workers/faulty-transform.ts';

const isolation = 'process';

describe("isolation: 'process'", () => {
  test('the transform finds what it would find in a thread, in a process of its own', async ({
    createExecutor,
  }) => {
    const executor = createExecutor<string, unknown>({
      transform: workerUrl('thread-transform.ts'),
      poolSize: 1,
      isolation,
      workerData: { limit: new Map([[1, 2n]]) },
      env: { ...process.env, FROM_THE_TEST: 'given' },
      execArgv: ['--no-warnings'],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    const data = { limit: new Map([[1, 2n]]) };
    const { entries } = await executor.executeBatch(
      contextsOf(['thread', 'workerData', 'env', 'execArgv', 'context']),
    );
    expect(outputsOf(entries)).toEqual([
      true,
      [data, data],
      'given',
      expect.arrayContaining(['--no-warnings', '--max-old-space-size=64']),
      { stateId: 'row-4', rowIndex: 4, attempt: 1 },
    ]);
  });

  test.for(ISOLATIONS)(
    'isolation %s: arrays arrive, there and back, with buffers of their own, and share those that they shared',
    async (isolation, { createExecutor }) => {
      const executor = createExecutor<BufferRow, BufferOutput>({
        transform: workerUrl('buffer-transform.ts'),
        poolSize: 1,
        isolation,
        workerData: { bytes: new Uint8Array(5) },
      });
      const bytes = Uint8Array.of(1, 2, 3);
      const row: BufferRow = { bytes, buffer: bytes.buffer, floats: Float64Array.of(0.5) };
      const { entries } = await executor.executeBatch(contextsOf([row, { bytes }]));
      const [both, alone] = outputsOf(entries) as [BufferOutput, BufferOutput];
      expect(both).toEqual({ ...row, found: [3, 8, 5, true] });
      expect(both.bytes?.buffer).toBe(both.buffer);
      expect(both.floats?.buffer.byteLength).toBe(8);
      expect(alone).toEqual({ bytes, found: [3, undefined, 5, false] });
    },
  );

  test.for([undefined, () => new MemoryAuditTrail()])(
    'I10 shared memory can go to no process: a row with it, and one that gives it, have an error, and no other row has',
    async (makeTrail, { createExecutor }) => {
      const executor = createExecutor<BufferRow, BufferOutput>({
        transform: workerUrl('buffer-transform.ts'),
        poolSize: 1,
        isolation,
        workerData: { bytes: new Uint8Array(5) },
        audit: makeTrail?.(),
      });
      const rows: BufferRow[] = [
        {},
        { buffer: new SharedArrayBuffer(8) },
        { gives: 'shared' },
        { gives: 'code' },
        {},
      ];
      const { entries } = await executor.executeBatch(contextsOf(rows));
      expect(
        entries.map(({ result, attempts }) => [result.status === 'error' && result.error.message, attempts]),
      ).toEqual([
        [false, 1],
        [expect.stringMatching(/^Row can not be cloned: a SharedArrayBuffer is no data/), 0],
        [
          expect.stringMatching(
            /^Result of the transform can not leave the worker: a SharedArrayBuffer is no/,
          ),
          1,
        ],
        [expect.stringMatching(/^Result of the transform can not leave the worker: a Module is no data/), 1],
        [false, 1],
      ]);
    },
  );

  test('order, and never more rows at once than there may be', async ({ createExecutor }) => {
    const executor = createExecutor<number, number>({
      transform: 'data:text/javascript,export default (row) => row * 10',
      poolSize: 2,
      isolation,
    });
    const rows = range(3_000);
    expect(outputsOf(await collect(executor.stream(rows)))).toEqual(rows.map((row) => row * 10));
    expect(executor.getStats().poolStats.maxConcurrentReached).toBeLessThanOrEqual(2);
  });

  test('as many rows at once as there may be: each waits until another has come as far', async ({
    createExecutor,
  }) => {
    const executor = createExecutor<FaultyRow, number>({
      transform: workerUrl('faulty-transform.ts'),
      exportName: 'faultyAsync',
      poolSize: 2,
      sliceSize: 1,
      isolation,
    });
    const meetIn = temporaryFolder();
    const { entries, stats } = await executor.executeBatch(
      contextsOf(range(4).map((id) => ({ id, meetIn }))),
    );
    expect(outputsOf(entries)).toEqual([0, 10, 20, 30]);
    expect(stats.maxConcurrentReached).toBe(2);
    expect(executor.getStats().poolStats.maxConcurrentReached).toBe(2);
  });

  test('I11 signals that a terminal or a service manager sends to all processes of a group end no worker', async ({
    createExecutor,
  }) => {
    const executor = createExecutor<NodeJS.Signals, NodeJS.Signals>({
      transform:
        'data:text/javascript,export default async (signal) => { process.kill(process.pid, signal); await new Promise(setImmediate); return signal; }',
      poolSize: 1,
      isolation,
      maxRowCrashes: 1,
    });
    const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const { entries, stats } = await executor.executeBatch(contextsOf(signals));
    expect(outputsOf(entries)).toEqual(signals);
    expect(stats.attempts).toBe(3);
  });

  test('calls are on record live, and their indices go on over attempts', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<CallingRow, unknown>({
      transform: workerUrl('calling-transform.ts'),
      poolSize: 1,
      isolation,
      recoveryStepMs: 1,
      audit,
    });
    const { entries } = await executor.executeBatch(
      contextsOf<CallingRow>([{ id: 1, calls: 2, refusals: 1 }]),
    );
    expect(codesOf(entries)).toEqual(['ok']);
    expect(
      recordsOf(audit, 'call')
        .filter(({ stateId }) => stateId === 'row-0')
        .map(({ callIndex, attempt, phase }) => [callIndex, attempt, phase]),
    ).toEqual([
      [0, 1, 'request'],
      [0, 1, 'response'],
      [1, 1, 'request'],
      [1, 1, 'response'],
      [2, 2, 'request'],
      [2, 2, 'response'],
      [3, 2, 'request'],
      [3, 2, 'response'],
    ]);
  });

  test('abort: the row that runs is the last one', async ({ createExecutor }) => {
    const controller = new AbortController();
    const executor = createExecutor<number, number>({
      transform: 'data:text/javascript,export default (row) => row',
      poolSize: 1,
      sliceSize: 20_000,
      isolation,
    });
    const batch = executor.executeBatch(contextsOf(range(20_000)), { signal: controller.signal });
    while (executor.getStats().poolStats.maxConcurrentReached === 0) await turns(1);
    controller.abort();
    const codes = codesOf(await batch);
    expect([codes.at(0), codes.at(-1)]).toEqual(['ok', 'aborted']);
    expect(codes.lastIndexOf('ok')).toBeLessThan(codes.indexOf('aborted'));
  });

  test('in a program that was given as text: workers run the transform, and not that', async () => {
    const code = `
      import { PooledExecutor } from '${new URL('../../dist/src/index.js', import.meta.url).href}';
      const transform = 'data:text/javascript,export default (n) => n + 1';
      const executor = new PooledExecutor({ transform, poolSize: 1, isolation: 'process' });
      console.log(JSON.stringify(await executor.map([1])));
      await executor.shutdown();`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
    expect(stdout).toBe('[{"status":"success","value":2}]\n');
  });

  test('a row that ends the output of its process: nothing piles up in this one', async ({
    createExecutor,
  }) => {
    const warnings = collectWarnings(); // of too many listeners
    const executor = createExecutor<number, number>({
      transform: workerUrl('silent-transform.ts'),
      poolSize: 1,
      isolation,
    });
    for (const row of range(100))
      expect(outputsOf(await executor.executeBatch(contextsOf([row])))).toEqual([row]);
    expect(warnings).toEqual([]);
  });

  test('shutdown without wait: a row in an endless loop is ended', async ({ createExecutor }) => {
    const executor = createExecutor<number, unknown>({
      transform: 'data:text/javascript,export default (row) => { while (row > 0); return row }',
      poolSize: 2,
      isolation,
    });
    const batch = executor.executeBatch(contextsOf([1, 1]));
    while (executor.getStats().poolStats.maxConcurrentReached < 2) await turns(1);
    await executor.shutdown({ wait: false });
    expect(codesOf(await batch)).toEqual(['shutdown_requested', 'shutdown_requested']);
  });
});
