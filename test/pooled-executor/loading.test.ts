import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import {
  createExecutor as createTyped,
  TransformLoadError,
  type PooledExecutorOptions,
} from '../../src/index.ts';
import { InlineEngine } from '../../src/engine/inline-engine.ts';
import { test } from '../helpers/executor-fixture.ts';
import { collect, contextsOf, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { TrackedClock } from '../helpers/tracked-clock.ts';
import { temporaryFolder } from '../helpers/trail-files.ts';
import type * as timesTenModule from '../fixtures/transforms/times-ten.ts';

const fixture = (file: string) => new URL(`../fixtures/transforms/${file}`, import.meta.url);

describe('transform: a module that can be loaded', () => {
  test.for<[name: string, options: Pick<PooledExecutorOptions<number, number>, 'transform' | 'exportName'>]>([
    ['.ts', { transform: fixture('top-level-await.ts') }],
    ['.ts with an enum, through tsx', { transform: fixture('enum.ts') }],
    ["'./x.js' that names x.ts, through tsx", { transform: fixture('js-specifier.ts') }],
    ['.js', { transform: fixture('module.js') }],
    ['.mjs', { transform: fixture('module.mjs') }],
    ['.cjs', { transform: fixture('commonjs.cjs') }],
    ['.cjs, named export', { transform: fixture('commonjs-named.cjs'), exportName: 'timesTen' }],
    ['named export', { transform: fixture('named.ts'), exportName: 'timesTen' }],
    ['path from the working directory', { transform: 'test/fixtures/transforms/module.mjs' }],
    ['absolute path', { transform: fileURLToPath(fixture('module.mjs')) }],
    ['URL as a string', { transform: fixture('module.mjs').href }],
    ['data: URL', { transform: `data:text/javascript,export default (row) => row * 10` }],
  ])('%s', async ([, options], { createExecutor }) => {
    const executor = createExecutor<number, number>({ ...options, poolSize: 1 });
    expect(outputsOf(await executor.executeBatch(contextsOf(range(5))))).toEqual([0, 10, 20, 30, 40]);
  });

  test('an ES module in a package of CommonJS: TypeScript goes through tsx, for JavaScript the fix is named', async ({
    createExecutor,
  }) => {
    const folder = temporaryFolder();
    const fileOf = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    fileOf('package.json', '{ "type": "commonjs" }');
    const typed = fileOf('typed.ts', 'export default (row: number): number => row * 10;');
    const plain = fileOf('plain.js', 'export default (row) => row * 10;');
    const executor = createExecutor<number, number>({ transform: typed, poolSize: 1 });
    expect(outputsOf(await executor.executeBatch(contextsOf([1, 2])))).toEqual([10, 20]);
    const broken = createExecutor({ transform: plain, poolSize: 1 }, { further: 'refused' });
    await expect(broken.map([1])).rejects.toThrow(
      /plain\.js: SyntaxError: .*set "type": "module" there, or name the file \.mjs$/,
    );
  });

  test('a file that can not be parsed: how to see where', async ({ createExecutor }) => {
    const transform = join(temporaryFolder(), 'cut.mjs');
    writeFileSync(transform, 'export default (');
    const executor = createExecutor({ transform, poolSize: 1 }, { further: 'refused' });
    await expect(executor.map([1])).rejects.toThrow(
      `Cannot load transform ${transform}: SyntaxError: Unexpected end of input ('node ${transform}' shows where)`,
    );
  });

  test('its body runs once in each thread, however many rows it runs', async ({ createExecutor }) => {
    const loads = new SharedArrayBuffer(4);
    const stage = new Stage();
    const executor = createExecutor<number, number>({
      transform: fixture('counts-loads.ts'),
      poolSize: 2,
      sliceSize: 1,
      workerData: { loads, stage: stage.buffer },
    });
    for (const first of [0, 2]) {
      const batch = executor.map(range(2).map((row) => first + row));
      await stage.started(first, first + 1); // one in each thread, as they block it
      stage.open(first, first + 1);
      await batch;
    }
    await executor.map([0, 1, 2, 3]);
    expect(new Int32Array(loads)[0]).toBe(2);
  });

  test('createExecutor infers row and output', async () => {
    await using executor = createTyped<typeof timesTenModule, 'timesTen'>({
      transform: fixture('times-ten.ts'),
      exportName: 'timesTen',
      poolSize: 1,
    });
    const results = await executor.map([4]);
    const [result] = results;
    const value: number | undefined = result?.status === 'success' ? result.value : undefined;
    expect(value).toBe(40);
  });
});

const BROKEN: [name: string, file: string, exportName: string, reason: RegExp][] = [
  ['missing', 'there-is-no-such-file.ts', 'default', /there is no such file/],
  ['throws while it loads', 'throws-while-loading.ts', 'default', /Error: configuration is missing/],
  ['has a syntax error', 'syntax-error.ts', 'default', /syntax-error\.ts: .+/],
  ['imports what is missing', 'missing-import.ts', 'default', /there-is-no-such-file/],
  ['has no such export', 'named.ts', 'absent', /'absent' must be a function.*no such export.*timesTen/],
  [
    'exports no function',
    'not-a-function.ts',
    'default',
    /'default' must be a function.*exports it as object/,
  ],
  [
    'exports no function by that name',
    'named.ts',
    'wrong',
    /'wrong' must be a function.*exports it as number/,
  ],
];

test('workers start while the snapshots of the first batch are taken, and not for a batch that can run nothing', async ({
  createExecutor,
}) => {
  const seen: string[] = [];
  const transform = (row: { readonly value: number }) => row;
  const clock = new TrackedClock();
  const engine = new (class extends InlineEngine {
    override start(rows = NaN): Promise<void> {
      seen.push(`start for ${rows}`);
      return super.start();
    }
  })({ transform, attemptTimeoutMs: undefined, recordCall: undefined, clock });
  const executor = createExecutor<{ readonly value: number }, unknown>({ transform }, { clock, engine });
  await executor.map([]);
  await executor.map([{ value: 1 }], { signal: AbortSignal.abort() });
  expect(seen).toEqual([]);
  const row = {
    get value() {
      seen.push('snapshot');
      return 1;
    },
  };
  await executor.map([row, row]);
  expect(seen.slice(0, 2)).toEqual(['start for 2', 'snapshot']);
});

test('modules of Node that few rows need, and that take long, are not part of a start', async ({
  createExecutor,
}) => {
  const transform = 'data:text/javascript,export default () => ({ made: process.moduleLoadList.join() })';
  const executor = createExecutor<object, { made: string }>({ transform, poolSize: 1 });
  const entries = await executor.executeBatch(contextsOf([{ id: 1 }, { id: 2 }])); // the first has ended when the second runs
  for (const { made } of outputsOf(entries) as { made: string }[]) {
    expect(made.split(',')).toContain('NativeModule worker_threads');
    for (const name of ['fs/promises', 'module', 'v8'])
      expect(made.split(',')).not.toContain(`NativeModule ${name}`);
  }
});

describe('transform: a module that can not be loaded', () => {
  test.for(BROKEN)(
    '%s: each call fails at once, with file and reason',
    async ([, file, exportName, reason], { createExecutor }) => {
      const loads = new SharedArrayBuffer(4);
      const threads = file === 'throws-while-loading.ts' ? 2 : 1;
      const executor = createExecutor<number, number>(
        { transform: fixture(file), exportName, poolSize: 2, threads, workerData: { loads } },
        { further: 'refused' },
      );
      const calls: (() => Promise<unknown>)[] = [
        () => Promise.all([executor.map([1]), executor.map([2])]),
        () => executor.executeBatch(contextsOf(range(50))),
        async () => collect(executor.stream(range(50))),
        () => executor.map([3]),
      ];
      for (const call of calls) {
        const error: unknown = await call().then(
          () => 'no error',
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(TransformLoadError);
        expect((error as Error).message).toContain(fileURLToPath(fixture(file)));
        expect((error as Error).message).toMatch(reason);
      }
      if (file === 'throws-while-loading.ts') expect(new Int32Array(loads)[0]).toBe(1);
    },
  );

  test('a batch of no rows does not load it', async ({ createExecutor }) => {
    const executor = createExecutor(
      { transform: fixture('there-is-no-such-file.ts'), poolSize: 1 },
      { further: 'refused' },
    );
    expect((await executor.executeBatch([])).entries).toEqual([]);
  });

  test('a stream that has begun ends with the error, and its source is closed', async ({
    createExecutor,
  }) => {
    const executor = createExecutor<number, number>(
      { transform: fixture('there-is-no-such-file.ts'), poolSize: 1 },
      { further: 'refused' },
    );
    let closed = false;
    const source = function* () {
      try {
        for (let row = 0; ; row++) yield row;
      } finally {
        closed = true;
      }
    };
    const stream = executor.stream(source(), { window: 4 });
    await expect(stream.next()).rejects.toThrow(TransformLoadError);
    expect((await stream.next()).done).toBe(true);
    expect(closed).toBe(true);
  });
});
