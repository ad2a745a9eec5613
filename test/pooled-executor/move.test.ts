import { describe, expect } from 'vitest';
import {
  MemoryAuditTrail,
  move,
  type Entry,
  type PooledExecutorOptions,
  type TransformResult,
} from '../../src/index.ts';
import { NOTHING_STARTED, type Engine } from '../../src/engine/engine.ts';
import { InlineEngine } from '../../src/engine/inline-engine.ts';
import { test, type CreateExecutor } from '../helpers/executor-fixture.ts';
import { TrackedClock } from '../helpers/tracked-clock.ts';
import { workerUrl } from '../helpers/engines.ts';
import { range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import moving, { type PixelOutput, type PixelRow } from '../workers/moving-transform.ts';

const LARGE = 1 << 16;

function pixelRow(id: number, more: Partial<PixelRow> = {}): PixelRow {
  const pixels = new Uint8Array(LARGE).fill(id);
  pixels[0] = 0;
  return { id, pixels, ...more };
}

function executorOf(
  createExecutor: CreateExecutor,
  options: Omit<PooledExecutorOptions<PixelRow, PixelOutput>, 'transform'> = {},
) {
  return createExecutor<PixelRow, PixelOutput>({
    transform: workerUrl('moving-transform.ts'),
    poolSize: 2,
    maxDispatchDelayMs: 1,
    ...options,
  });
}

/** How often the row has run, as far as its memory says, and whether the rest of it is as it was; or why there is no output. */
function storyOf(result: TransformResult<PixelOutput>): string {
  if (result.status !== 'success') return `${result.error.code}: ${result.error.message}`;
  const { id, pixels } = result.value;
  const isWhole = pixels.length === LARGE && pixels.subarray(1).every((pixel) => pixel === id);
  return `${id} ran ${String(pixels[0])} times${isWhole ? '' : ', and is damaged'}`;
}

const storiesOf = (results: readonly TransformResult<PixelOutput>[]) => results.map(storyOf);

describe('move', () => {
  test('rows and outputs of any kind change their owner, from one thread to the other', async ({
    createExecutor,
  }) => {
    const executor = createExecutor<object, object>({
      transform: workerUrl('moving-transform.ts'),
      exportName: 'same',
      poolSize: 2,
    });
    const bytes = () => Uint8Array.from({ length: LARGE }, (_, index) => index % 251);
    const make = (): object[] => [
      bytes(),
      bytes().buffer,
      new Float64Array(bytes().buffer),
      new DataView(bytes().buffer),
      { name: 'all', layers: [bytes(), bytes()] },
      { name: 'small', layer: new Uint8Array(8) },
      { name: 'no memory at all' },
      new Uint8Array(new ArrayBuffer(LARGE, { maxByteLength: 2 * LARGE })),
    ];
    const rows = make();
    const results = executor.map(rows.map((row) => move(row)));
    expect(rows.map(bytesIn)).toEqual(rows.map(() => 0)); // at once
    expect((await results).map((result) => result.status === 'success' && result.value)).toStrictEqual(
      make(),
    );
  });

  test('a thread has nothing more of an output that it has moved', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor, { poolSize: 1 });
    const results = await executor.map(range(6).map((id) => pixelRow(id)));
    expect(results.map((result) => result.status === 'success' && result.value.keptBytes)).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
  });

  test('batches and streams take moved rows, among others', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor);
    const rows = range(20).map((id) => (id % 3 === 0 ? pixelRow(id) : move(pixelRow(id))));
    const contexts = rows.map((row, rowIndex) => ({ row, stateId: `row ${rowIndex}`, rowIndex }));
    const { entries } = await executor.executeBatch(contexts);
    const streamed: Entry<PixelOutput>[] = [];
    const source = range(20).map((id) => (id % 3 === 1 ? pixelRow(id) : move(pixelRow(id))));
    for await (const entry of executor.stream(source)) streamed.push(entry);
    for (const list of [entries, streamed]) {
      expect(storiesOf(list.map(({ result }) => result))).toEqual(range(20).map((id) => `${id} ran 1 times`));
    }
  });

  test('a row that is refused goes on as its last attempt has left it: there is no other', async ({
    createExecutor,
  }) => {
    const executor = executorOf(createExecutor);
    const rows = [pixelRow(0), pixelRow(1, { what: 'refuse', times: 2 }), pixelRow(2)];
    const results = await executor.map(rows.map((row) => move({ ...row, pixels: row.pixels.slice() })));
    const streamed: TransformResult<PixelOutput>[] = [];
    for await (const { result } of executor.stream(rows.map((row) => move(row)))) streamed.push(result);
    for (const list of [results, streamed]) {
      expect(storiesOf(list)).toEqual(['0 ran 1 times', '1 ran 3 times', '2 ran 1 times']);
    }
    expect(executor.getStats().poolStats).toMatchObject({ attempts: 10, capacityRetries: 4 });
  });

  test.for([
    ['on record', () => ({ audit: new MemoryAuditTrail() })],
    ['in a process', () => ({ isolation: 'process' })],
    ['that is not moved', () => ({})],
    ['of less than 64 kB', () => ({})],
  ] as const)(
    'I8: each attempt of a row %s gets it as it was',
    async ([which, options], { createExecutor }) => {
      const executor = executorOf(createExecutor, options());
      const row = pixelRow(1, { what: 'refuse', times: 2 });
      const small = { ...row, pixels: new Uint8Array(8) };
      const submitted = which === 'of less than 64 kB' ? move(small) : row;
      const [result] = await executor.map([which === 'that is not moved' ? submitted : move(submitted)]);
      expect(result?.status === 'success' && result.value.pixels[0]).toBe(1);
      expect(submitted.pixels).toHaveLength(which === 'that is not moved' ? LARGE : 0);
    },
  );

  test('I8: so does each attempt in-process', async ({ createExecutor }) => {
    const executor = createExecutor<PixelRow, unknown>({ transform: moving, maxDispatchDelayMs: 1 });
    const row = pixelRow(2, { what: 'refuse', times: 2 });
    const [result] = await executor.map([move(row)]);
    expect(result).toMatchObject({ status: 'success', value: { pixels: { 0: 1 } } });
    expect(row.pixels).toHaveLength(0);
  });

  test('I11: a row that ends its thread is lost with it, and none of those that come behind', async ({
    createExecutor,
  }) => {
    const executor = executorOf(createExecutor, { poolSize: 1 });
    const rows = range(12).map((id) => pixelRow(id, id === 3 ? { what: 'exit' } : {}));
    const { entries } = await executor.executeBatch(
      rows.map((row, rowIndex) => ({ row: move(row), stateId: `row ${rowIndex}`, rowIndex })),
    );
    expect(entries.map(({ result }) => storyOf(result).replace(/ran it.*|: .*/, ''))).toEqual(
      range(12).map((id) => (id === 3 ? 'worker_lost' : `${id} ran 1 times`)),
    );
    expect(entries[3]).toMatchObject({
      attempts: 1,
      result: {
        retryable: false,
        error: {
          message:
            'Worker was lost while it ran the row: worker exited with code: 7 (it was moved there, so that there is no other attempt)',
        },
      },
    });
  });

  test('I11: a row waits on this side as long as another one has the thread, which may end it', async ({
    createExecutor,
  }) => {
    const stage = new Stage();
    const executor = executorOf(createExecutor, {
      poolSize: 1,
      maxRowCrashes: 1,
      workerData: { stage: stage.buffer },
    });
    const small = (id: number, more: Partial<PixelRow> = {}) => ({ id, pixels: new Uint8Array(8), ...more });
    await executor.map(range(400).map((id) => small(id))); // after these, slices are sent behind one another
    const results = executor.map([
      small(0, { what: 'exit when told' }),
      move(pixelRow(1)),
      move(pixelRow(2)),
    ]);
    await stage.started(0);
    stage.open(0);
    expect(storiesOf(await results)).toEqual([
      'worker_lost: Worker was lost while it ran the row: worker exited with code: 7',
      '1 ran 1 times',
      '2 ran 1 times',
    ]);
  });

  test('a row whose thread ends between the end of the row and the reply is lost with it, in one attempt', async ({
    createExecutor,
  }) => {
    const executor = executorOf(createExecutor, { poolSize: 1 });
    const over = pixelRow(1, { what: 'exit when over', pixels: new Uint8Array(1 << 21) });
    const { entries } = await executor.executeBatch(
      [move({ ...over, pixels: over.pixels.slice() }), over, pixelRow(2)].map((row, rowIndex) => ({
        row,
        stateId: `row ${rowIndex}`,
        rowIndex,
      })),
    );
    expect(entries.map(({ result, attempts }) => [storyOf(result).replace(/:.*/, ''), attempts])).toEqual([
      ['worker_lost', 1],
      ['worker_lost', 2],
      ['2 ran 1 times', 1],
    ]);
  });

  test('I11: a row that hangs costs one row', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor, { poolSize: 1, attemptTimeoutMs: 200 });
    const rows = [
      pixelRow(0, { what: 'loop' }),
      pixelRow(1),
      pixelRow(2, { what: 'never settle' }),
      pixelRow(3),
    ];
    const results = await executor.map(rows.map((row) => move(row)));
    expect(storiesOf(results).map((story) => story.replace(/:.*/, ''))).toEqual([
      'attempt_timeout',
      '1 ran 1 times',
      'attempt_timeout',
      '3 ran 1 times',
    ]);
  });

  test('a row that shares its thread with rows that wait runs when they are over', async ({
    createExecutor,
  }) => {
    const executorOfOne = () => executorOf(createExecutor, { poolSize: 4, threads: 1 });
    for (const [what, attempts] of [
      [undefined, 1],
      ['refuse', 2],
    ] as const) {
      const executor = executorOfOne();
      const rows = range(8).map((id) => pixelRow(id, { yields: true, ...(what && { what, times: 1 }) }));
      const results = await executor.map(rows.map((row) => move(row)));
      expect(storiesOf(results)).toEqual(range(8).map((id) => `${id} ran ${attempts} times`));
      expect(executor.getStats().poolStats.maxConcurrentReached).toBe(1);
    }
    const others = executorOfOne();
    await others.map(range(8).map((id) => pixelRow(id, { yields: true })));
    expect(others.getStats().poolStats.maxConcurrentReached).toBeGreaterThan(1);
  });

  test('a row that failed is over, and its memory with it', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor);
    const results = await executor.map([move(pixelRow(0, { what: 'throw' })), move(pixelRow(1))]);
    expect(storiesOf(results)).toEqual(['transform_error: row 0', '1 ran 1 times']);
  });

  test('a transform that refuses a row whose memory it has given away has ended it', async ({
    createExecutor,
  }) => {
    const executor = executorOf(createExecutor);
    const results = await executor.map([
      move(pixelRow(0, { what: 'give away and refuse' })),
      move(pixelRow(1)),
    ]);
    expect(results[0]).toMatchObject({
      status: 'error',
      retryable: false,
      error: {
        code: 'transform_error',
        message:
          'Row was refused and can not be run again: it was moved, and can not go back: its memory has been given away',
        cause: { statusCode: 503 },
      },
    });
    expect(storyOf(results[1]!)).toBe('1 ran 1 times');
    expect(executor.getStats().poolStats).toMatchObject({ attempts: 2, capacityRetries: 0 });
  });

  test('I10: so has one that has made of it what no message can carry', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor);
    const results = await executor.map([move(pixelRow(0, { what: 'change and refuse' })), move(pixelRow(1))]);
    expect(storiesOf(results)).toEqual([
      'transform_error: Row was refused and can not be run again: it was moved, and can not go back: () => 1 could not be cloned.',
      '1 ran 1 times',
    ]);
  });

  test('a row whose time is over while it waits ends like any other', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor, { maxCapacityRetryMs: 30, maxDispatchDelayMs: 20 });
    const [spent] = await executor.map([move(pixelRow(0, { what: 'refuse' }))]);
    expect(spent).toMatchObject({ status: 'error', error: { code: 'capacity_retry_timeout' } });
  });

  test('rows that wait when their batch is aborted end like any other', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor, { recoveryStepMs: 5_000, maxDispatchDelayMs: 5_000 });
    const controller = new AbortController();
    const results = await executor.map(
      range(6).map((id) => move(pixelRow(id, { what: 'refuse' }))),
      {
        signal: controller.signal,
        onProgress: ({ inBackoff }) => {
          if (inBackoff > 0) controller.abort();
        },
      },
    );
    expect(results.map((result) => result.status === 'error' && result.error.code)).toEqual(
      range(6).map(() => 'aborted'),
    );
  });

  test('a row that was handed to a worker which was lost before it began is lost, in no attempt', async ({
    createExecutor,
  }) => {
    const clock = new TrackedClock();
    const inline = new InlineEngine({
      transform: moving,
      attemptTimeoutMs: undefined,
      recordCall: undefined,
      clock,
    });
    const engine: Engine = {
      ...inlineParts(inline),
      run: (slice, signal) => {
        const [row] = slice.rows;
        if (row?.rowIndex !== 1 || slice.moved === undefined) return inline.run(slice, signal);
        structuredClone(slice.moved.content, { transfer: [...slice.moved.content.buffers] }); // it is sent
        return Promise.resolve(NOTHING_STARTED);
      },
    };
    const executor = createExecutor<PixelRow, PixelOutput>(
      { transform: moving as never, poolSize: 1 },
      { engine },
    );
    const { entries } = await executor.executeBatch(
      range(3).map((id) => ({ row: move(pixelRow(id)), stateId: `row ${id}`, rowIndex: id })),
    );
    expect(entries.map(({ result, attempts }) => [storyOf(result), attempts])).toEqual([
      ['0 ran 1 times', 1],
      ['worker_lost: Worker was lost before the row began, which was moved to it', 0],
      ['2 ran 1 times', 1],
    ]);
  });

  test('a row that is submitted twice has nothing to give the second time', async ({ createExecutor }) => {
    const executor = executorOf(createExecutor);
    const row = move(pixelRow(0));
    const results = await executor.map([row, row, move(row)]);
    expect(storiesOf(results)).toEqual([
      '0 ran 1 times',
      expect.stringMatching(/^transform_error: Row can not be cloned: .*detached/),
      expect.stringMatching(/^transform_error: Row can not be cloned: .*detached/),
    ]);
    const [again] = await executor.map([move(row)]);
    expect(storyOf(again!)).toBe(
      'transform_error: Row can not be cloned: it was moved, and its memory has been given away before',
    );
  });
});

function inlineParts(inline: InlineEngine): Omit<Engine, 'run'> {
  return {
    gauge: inline.gauge,
    threads: 1,
    slicesPerPermit: 1,
    sharesMemory: true,
    start: () => inline.start(),
    takesBehind: () => false,
    recall: () => false,
    close: () => inline.close(),
    destroy: () => inline.destroy(),
  };
}

/** Of all buffers in it. */
function bytesIn(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  if (value instanceof ArrayBuffer) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + bytesIn(inner), 0);
}
