import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { WorkerStartError } from '../../src/engine/engine.ts';
import { InlineEngine } from '../../src/engine/inline-engine.ts';
import { TransformLoadError } from '../../src/index.ts';
import { CountingTrail } from '../helpers/counting-trail.ts';
import { workerUrl } from '../helpers/engines.ts';
import { isSettled, turns } from '../helpers/event-loop.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { killLiveWorkers, liveProcesses } from '../helpers/live-workers.ts';
import { codesOf, contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { isStress, ISOLATIONS } from '../helpers/runs.ts';
import { temporaryFolder } from '../helpers/trail-files.ts';
import type { HeldRow } from '../workers/held-transform.ts';

/** Lets time pass also while rows wait for a worker, until the promise settles. */
async function whileTimePasses<Value>(clock: FakeClock, promise: Promise<Value>): Promise<Value> {
  while (!(await isSettled(promise))) if (clock.untilNextMs !== undefined) await clock.advanceToNext();
  return promise;
}

describe.each(ISOLATIONS)('workers killed from outside, %s isolation', (isolation) => {
  test('while idle: the next batch does not notice', async ({ createExecutor }) => {
    const executor = createExecutor<HeldRow, number>({
      transform: workerUrl('held-transform.ts'),
      poolSize: 2,
      isolation,
    });
    expect(outputsOf(await executor.executeBatch(contextsOf([{ id: 1 }, { id: 2 }])))).toEqual([10, 20]);
    await killLiveWorkers();
    expect(outputsOf(await executor.executeBatch(contextsOf([{ id: 3 }, { id: 4 }])))).toEqual([30, 40]);
  });

  test('while running: the rows run again, and are on record', async ({ createExecutor }) => {
    const audit = new CountingTrail(2);
    const executor = createExecutor<HeldRow, number>({
      transform: workerUrl('held-transform.ts'),
      poolSize: 2,
      sliceSize: 1,
      isolation,
      audit,
    });
    const rows = [{ id: 1, held: 1 }, { id: 2, held: 1 }, { id: 3 }];
    const batch = executor.executeBatch(contextsOf(rows));
    await audit.reached;
    await killLiveWorkers();
    const { entries, stats } = await batch;
    expect(outputsOf(entries)).toEqual([10, 20, 30]);
    expect(entries.map(({ attempts }) => attempts)).toEqual([2, 2, 1]);
    expect(stats).toMatchObject({ attempts: 5, errors: 0 });
  });
});

test.for(['push', 'join'])(
  'a row that exchanges Array.prototype.%s: the batch ends, no row has what is not its own, few are lost',
  async (method, { createExecutor }) => {
    const code = `export default (n) => {
      if (n === 5) Array.prototype.${method} = () => 'nonsense';
      return { n };
    }`;
    for (const isolation of ISOLATIONS) {
      const transform = `data:text/javascript,${encodeURIComponent(code)}`;
      const executor = createExecutor<number, { n: number }>({ transform, poolSize: 2, isolation });
      const { entries } = await executor.executeBatch(contextsOf(range(40)));
      const lost = codesOf(entries).filter((code) => code !== 'ok');
      expect(new Set(lost)).toEqual(new Set(lost.length > 0 ? ['worker_lost'] : []));
      expect(lost.length).toBeLessThanOrEqual(8); // threads of which nobody knows yet may have had others
      for (const { rowIndex, result } of entries)
        if (result.status === 'success') expect(result.value).toEqual({ n: rowIndex });
    }
  },
);

// `node --watch` posts the modules that each thread imports
test.for(ISOLATIONS)(
  'messages of a transform are none of the executor, %s isolation',
  async (isolation, { createExecutor }) => {
    const executor = createExecutor({ transform: workerUrl('posting-transform.ts'), poolSize: 2, isolation });
    const rows = [
      'text',
      1,
      null,
      [],
      { 'watch:import': ['file:///a.js'] },
      { kind: 'globals' },
      { kind: 'calls' },
      { kind: 'stray' },
    ];
    expect(outputsOf(await executor.executeBatch(contextsOf(rows)))).toEqual(rows);
  },
);

// a thread that is ended while it loads a module can take the process with it (Node); crew.test.ts has that case
test('processes killed while the first ones start: one clear error', async ({ createExecutor }) => {
  const executor = createExecutor<HeldRow, number>(
    { transform: workerUrl('held-transform.ts'), poolSize: 2, isolation: 'process' },
    { further: 'refused' },
  );
  const batch = expect(executor.executeBatch(contextsOf([{ id: 1 }]))).rejects.toThrow(
    /Cannot load transform .*held-transform\.ts: its worker ended meanwhile: worker process was ended by SIGKILL/,
  );
  while (liveProcesses() === 0) await turns(1);
  await killLiveWorkers();
  await batch;
});

describe.each(ISOLATIONS)(
  'the file of the transform is removed while it is in use, %s isolation',
  (isolation) => {
    const SOURCE = "export default (row) => (row === 'exit' ? process.exit(1) : row);\n";

    /** An executor of one worker that has lost it, and the file it needs for the next. */
    async function bereaved(createExecutor: CreateExecutor) {
      const file = join(temporaryFolder(), 'transform.mjs');
      writeFileSync(file, SOURCE);
      const clock = new FakeClock();
      const executor = createExecutor<string, string>(
        { transform: pathToFileURL(file), poolSize: 1, maxRowCrashes: 1, isolation },
        { clock },
      );
      await clock.runUntil(executor.map(['warm']));
      rmSync(file);
      const { entries } = await clock.runUntil(executor.executeBatch(contextsOf(['exit'])));
      expect(codesOf(entries)).toEqual(['worker_lost']);
      return { executor, clock, file };
    }

    test('for good: the run ends with one clear error, and so does each later one', async ({
      createExecutor,
    }) => {
      const { executor, clock, file } = await bereaved((options, setup) =>
        createExecutor(options, { ...setup, further: 'refused' }),
      );
      for (const rows of [['a', 'b'], ['c']]) {
        const error: unknown = await whileTimePasses(clock, executor.map(rows)).catch(
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(TransformLoadError);
        expect((error as Error).message).toContain(file);
      }
    });

    test('for a moment: the run goes on', async ({ createExecutor }) => {
      const { executor, clock, file } = await bereaved(createExecutor);
      const batch = executor.map(['a', 'b']);
      while (clock.untilNextMs === undefined) await turns(1); // until the first start has failed
      writeFileSync(file, SOURCE);
      expect(await whileTimePasses(clock, batch)).toEqual(
        ['a', 'b'].map((value) => ({ status: 'success', value })),
      );
    });
  },
);

const FEW_FILES = ISOLATIONS.flatMap((isolation) => [0, 40].map((free) => ({ isolation, free })));

test.for(isStress ? FEW_FILES : FEW_FILES.slice(0, 1))(
  'no file descriptors but $free, $isolation isolation',
  async ({ isolation, free }) => {
    const program = new URL('../workers/few-files.ts', import.meta.url).pathname;
    const command = 'ulimit -n 200 && exec "$@"';
    const args = ['-c', command, 'sh', process.execPath, program, isolation, String(free)];
    const { stdout } = await promisify(execFile)('sh', args);
    const [first, second, end] = stdout.trim().split('\n');
    const refused =
      /^rejected: Cannot load transform .*thread-transform\.ts: its worker ended meanwhile: .*EMFILE$/;
    if (free === 0) {
      expect(first).toMatch(refused);
      expect(second).toMatch(refused);
    } else {
      expect([first, second]).toEqual(['success success success', 'success']);
    }
    expect(end).toBe('permits 4, pending 0');
  },
);

test('a start that fails for lack of something fails the batch; the next one tries again', async ({
  createExecutor,
}) => {
  const shortage = new WorkerStartError('Cannot load transform: EMFILE');
  const start = vi.spyOn(InlineEngine.prototype, 'start').mockRejectedValueOnce(shortage);
  onTestFinished(() => {
    start.mockRestore();
  });
  const executor = createExecutor({ transform: (row: number) => row * 2, poolSize: 1 });
  await expect(executor.map([1, 2])).rejects.toBe(shortage);
  expect(await executor.map([1, 2])).toMatchObject([{ value: 2 }, { value: 4 }]);
  expect(executor.availablePermits).toBe(1);
});
