import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CapacityError } from '../../src/core/capacity-error.ts';
import { decodeCopy, encode, decodeList, type EncodedList } from '../../src/core/codec.ts';
import { generatedStateId } from '../../src/core/generated-id.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { TransformContext } from '../../src/core/transform.ts';
import { TransformResult } from '../../src/core/transform-result.ts';
import { AttemptContext } from '../../src/engine/attempt-context.ts';
import { ConcurrencyGauge, POOL_COUNTER } from '../../src/engine/concurrency-gauge.ts';
import type { Slice, SliceReport, SliceRow } from '../../src/engine/engine.ts';
import { KeptOutcomes } from '../../src/engine/kept-outcomes.ts';
import type { RowEnd } from '../../src/engine/row-end.ts';
import { toJob, toReport } from '../../src/engine/slice-columns.ts';
import {
  AttemptTimeout,
  attemptTimeoutMessage,
  runSlice,
  type SliceHost,
} from '../../src/engine/slice-runner.ts';

type Fn = (row: unknown, context: TransformContext) => unknown;

/** A host whose clock moves by one at each look, and that writes down what it is told. */
class FakeHost implements SliceHost {
  readonly inColumns = true;
  readonly handsOn = true;
  readonly transform: SliceHost['transform'];
  readonly workerData = { key: 1 };
  readonly gauge = new ConcurrencyGauge();
  readonly log: string[] = [];
  recordCall: SliceHost['recordCall'];
  /** Cancelled when so many rows have started. */
  cancelAfter = Infinity;
  #time = 100;
  #started = 0;
  #inSlice = false;

  constructor(transform: Fn) {
    this.transform = transform;
  }

  now(): number {
    return this.#time++;
  }

  decodeRows(rows: EncodedList): readonly unknown[] {
    return decodeList(rows, decodeCopy);
  }

  isCancelled(): boolean {
    return this.#started >= this.cancelAfter;
  }

  onRowStart(position: number, startedAt: number): void {
    this.#started++;
    this.log.push(`start ${position} at ${startedAt}`);
  }

  onSliceStart(_counter: number): void {
    this.#inSlice = true;
  }

  onSliceEnd(): void {
    this.#inSlice = false;
  }

  onRowEnd(_end: RowEnd): boolean {
    this.log.push(this.#inSlice ? 'end' : 'end outside of the slice');
    return true;
  }

  settle(output: PromiseLike<unknown>, _context: AttemptContext): PromiseLike<unknown> {
    this.log.push('settle');
    return output;
  }
}

function rowOf(row: unknown, index: number, more: Partial<SliceRow> = {}): SliceRow {
  return {
    snapshot: encode(row),
    stateId: generatedStateId(index),
    rowIndex: index,
    position: index,
    attempt: 1,
    nextCallIndex: 0,
    ...more,
  };
}

function sliceOf(rows: readonly SliceRow[], more: Partial<Slice> = {}): Slice {
  return { sliceId: 3, lane: 0, counter: 1, generatedIds: false, alone: false, rows, ...more };
}

/** Runs a slice as it runs in a worker: job and return cross a boundary. */
async function run(slice: Slice, host: SliceHost): Promise<Omit<SliceReport, 'threadId'>> {
  return toReport(structuredClone(await runSlice(structuredClone(toJob(slice)), host)));
}

async function outcomesOf(rows: readonly unknown[], fn: Fn): Promise<readonly Outcome[]> {
  const { outcomes } = await run(sliceOf(rows.map((row, index) => rowOf(row, index))), new FakeHost(fn));
  return outcomes;
}

describe('runSlice: rows', () => {
  test('runs the rows one after another, in order, with start and end of each', async () => {
    const host = new FakeHost((row) => row);
    const { outcomes, times, nextCallIndices } = await run(sliceOf([rowOf('a', 0), rowOf('b', 1)]), host);
    expect(outcomes).toEqual([
      { status: 'success', value: 'a' },
      { status: 'success', value: 'b' },
    ]);
    expect([...times]).toEqual([100, 101, 101, 102]);
    expect(host.log).toEqual(['start 0 at 100', 'end', 'start 1 at 101', 'end']);
    expect(nextCallIndices).toBeUndefined();
  });

  test('a row begins only when the promise of the one before has settled', async () => {
    const gate = Promise.withResolvers<string>();
    const started: unknown[] = [];
    const host = new FakeHost((row) => {
      started.push(row);
      return row === 'slow' ? gate.promise : row;
    });
    const running = run(sliceOf([rowOf('slow', 0), rowOf('next', 1)]), host);
    for (let tick = 0; tick < 10; tick++) await Promise.resolve();
    expect(started).toEqual(['slow']);
    gate.resolve('done');
    expect((await running).outcomes).toEqual([
      { status: 'success', value: 'done' },
      { status: 'success', value: 'next' },
    ]);
    expect(host.log).toEqual(['start 0 at 100', 'settle', 'end', 'start 1 at 101', 'end']);
  });

  test.each([undefined, null, false, 0, '', NaN, -0, '"', 10n, [], { status: 'success', value: 1 }])(
    '%s is an output like any other',
    async (output) => {
      expect(await outcomesOf([1], () => output)).toStrictEqual([{ status: 'success', value: output }]);
    },
  );

  test.each([undefined, null, false, 0, '', 'text', { a: [1] }, new Map([[1, 2]])])(
    'the transform gets row %s as it was submitted',
    async (row) => {
      const seen: unknown[] = [];
      await outcomesOf([row], (given) => seen.push(given));
      expect(seen).toStrictEqual([row]);
    },
  );

  test('I8 what a transform does to a row changes no later attempt', async () => {
    const slice = sliceOf([rowOf({ list: [1] }, 0)]);
    const host = new FakeHost((row) => (row as { list: number[] }).list.push(2));
    expect((await run(slice, host)).outcomes).toEqual([{ status: 'success', value: 2 }]);
    expect((await run(slice, host)).outcomes).toEqual([{ status: 'success', value: 2 }]);
  });

  test('a slice of no rows', async () => {
    const host = new FakeHost((row) => row);
    expect(await run(sliceOf([]), host)).toMatchObject({ outcomes: [] });
    expect([host.gauge.running(1), host.gauge.running(POOL_COUNTER)]).toEqual([0, 0]);
  });
});

describe('runSlice: failures', () => {
  test('I11 a row that throws or rejects is an error, and those around it succeed', async () => {
    const outcomes = await outcomesOf(['a', 'throws', 'b', 'rejects', 'c'], (row) => {
      if (row === 'throws') throw new TypeError('bad');
      if (row === 'rejects') return Promise.reject(new RangeError('worse'));
      return row;
    });
    expect(outcomes).toMatchObject([
      { status: 'success', value: 'a' },
      {
        status: 'error',
        error: { code: 'transform_error', name: 'TypeError', message: 'bad' },
        retryable: false,
      },
      { status: 'success', value: 'b' },
      { status: 'error', error: { code: 'transform_error', name: 'RangeError', message: 'worse' } },
      { status: 'success', value: 'c' },
    ]);
  });

  test.each([null, undefined])('throw %s is a row error', async (thrown) => {
    expect(
      await outcomesOf([1], () => {
        throw thrown;
      }),
    ).toMatchObject([{ status: 'error', error: { code: 'transform_error' } }]);
  });

  test('an output that can not be cloned is that row`s error, with the cause', async () => {
    const outcomes = await outcomesOf(['a', 'b', 'c'], (row) => (row === 'b' ? { row, fn: () => 1 } : row));
    expect(outcomes).toMatchObject([
      { status: 'success', value: 'a' },
      {
        status: 'error',
        error: {
          code: 'transform_error',
          message: expect.stringMatching(
            /^Result of the transform can not leave the worker: .*could not be cloned/,
          ) as string,
          cause: { name: 'DataCloneError' },
        },
        retryable: false,
      },
      { status: 'success', value: 'c' },
    ]);
  });

  test('an output whose `then` throws is that row`s error', async () => {
    const outcomes = await outcomesOf(
      ['a', 'b'],
      (row) =>
      row === 'a' ? Object.defineProperty({}, 'then', { enumerable: true, get: () => { throw new Error('no'); } }) : row, // prettier-ignore
    );
    expect(outcomes).toMatchObject([
      { status: 'error', error: { code: 'transform_error' } },
      { status: 'success', value: 'b' },
    ]);
  });

  test('a thenable is awaited; a function with a method `then` is no thenable, and can not be cloned', async () => {
    const thenable = { then: (resolve: (value: unknown) => void) => { resolve('late'); } }; // prettier-ignore
    expect(await outcomesOf([1], () => thenable)).toEqual([{ status: 'success', value: 'late' }]);
    const outcomes = await outcomesOf([1], () => Object.assign(() => 1, { then: () => 1 }));
    expect(outcomes).toMatchObject([{ status: 'error', error: { code: 'transform_error' } }]);
    const noMethod = { then: 'soon' };
    const host = new FakeHost(() => noMethod);
    expect((await run(sliceOf([rowOf(1, 0)]), host)).outcomes).toEqual([
      { status: 'success', value: noMethod },
    ]);
    expect(host.log).not.toContain('settle');
  });

  test('a refusal ends the slice; the rows behind it were never started', async () => {
    const started: unknown[] = [];
    const rows = ['a', 'refused', 'b', 'c'].map((row, index) => rowOf(row, index));
    const host = new FakeHost((row) => {
      started.push(row);
      if (row === 'refused') throw new CapacityError(503, 'busy', { retryAfterMs: 20 });
      return row;
    });
    const { outcomes, times } = await run(sliceOf(rows), host);
    expect(started).toEqual(['a', 'refused']);
    expect(outcomes).toMatchObject([
      { status: 'success', value: 'a' },
      {
        status: 'capacity',
        statusCode: 503,
        retryAfterMs: 20,
        error: { name: 'CapacityError', message: 'busy' },
      },
    ]);
    expect(times).toHaveLength(4);
  });
});

describe('runSlice: TransformResult', () => {
  test('success is the same as its value, failure is the row`s error, retryable or not', async () => {
    const outcomes = await outcomesOf(['ok', 'no', 'later'], (row) => {
      if (row === 'ok') return Promise.resolve(TransformResult.success({ a: new Date(5) }));
      return TransformResult.error({ message: 'no', details: { row } }, { retryable: row === 'later' });
    });
    expect(outcomes).toStrictEqual([
      { status: 'success', value: { a: new Date(5) } },
      {
        status: 'error',
        error: { code: 'rejected', message: 'no', details: { row: 'no' } },
        retryable: false,
      },
      {
        status: 'error',
        error: { code: 'rejected', message: 'no', details: { row: 'later' } },
        retryable: true,
      },
    ]);
  });

  test('details or values that can not be cloned are a transform_error', async () => {
    const outcomes = await outcomesOf([1, 2], (row) =>
      row === 1
        ? TransformResult.error({ message: 'no', details: () => 1 })
        : TransformResult.success(() => 1),
    );
    expect(outcomes).toMatchObject([
      {
        status: 'error',
        error: { code: 'transform_error', message: expect.stringContaining('can not leave') as string },
      },
      {
        status: 'error',
        error: { code: 'transform_error', message: expect.stringContaining('can not leave') as string },
      },
    ]);
  });

  test('I11 any mixture of outcomes comes back row by row', async () => {
    const kinds = fc.constantFrom('value', 'success', 'error', 'throws', 'unclonable', 'nothing', 'async');
    await fc.assert(
      fc.asyncProperty(fc.array(kinds, { maxLength: 12 }), async (rows) => {
        const outcomes = await outcomesOf(rows, (row) => {
          switch (row) {
            case 'success':
              return TransformResult.success([row]);
            case 'error':
              return TransformResult.error({ message: row });
            case 'throws':
              throw new Error(row);
            case 'unclonable':
              return Symbol(row);
            case 'nothing':
              return undefined;
            case 'async':
              return Promise.resolve(row);
            default:
              return { row };
          }
        });
        const told = outcomes.map((outcome) =>
          outcome.status === 'success'
            ? JSON.stringify(outcome.value)
            : `${outcome.status} ${outcome.error.message}`,
        );
        const expected: Record<string, unknown> = {
          value: '{"row":"value"}',
          success: '["success"]',
          error: 'error error',
          throws: 'error throws',
          unclonable: expect.stringMatching(/^error Result of the transform can not leave the worker/),
          nothing: undefined,
          async: '"async"',
        };
        expect(told).toEqual(rows.map((row) => expected[row]));
      }),
    );
  });
});

describe('runSlice: ends from outside', () => {
  test('cancelled before it began: nothing starts and nothing is counted', async () => {
    const host = new FakeHost((row) => row);
    host.cancelAfter = 0;
    const { outcomes, times } = await run(sliceOf([rowOf('a', 0)]), host);
    expect([outcomes, times.length, host.log]).toEqual([[], 0, []]);
    expect([host.gauge.highest(1), host.gauge.highest(POOL_COUNTER)]).toEqual([0, 0]);
  });

  test('cancelled between rows: what has run keeps its outcome, the rest was never started', async () => {
    const host = new FakeHost((row) => row);
    host.cancelAfter = 2;
    const rows = ['a', 'b', 'c', 'd'].map((row, index) => rowOf(row, index));
    const { outcomes, times } = await run(sliceOf(rows), host);
    expect(outcomes).toEqual([
      { status: 'success', value: 'a' },
      { status: 'success', value: 'b' },
    ]);
    expect(times).toHaveLength(4);
    expect([host.gauge.running(1), host.gauge.running(POOL_COUNTER)]).toEqual([0, 0]);
  });

  test('the time of an attempt is over: attempt_timeout with the limit', async () => {
    const host = new FakeHost(() => Promise.resolve(1));
    host.settle = (_output, context) => {
      const reason = new AttemptTimeout(250);
      AttemptContext.abort(context, reason);
      return Promise.reject(reason);
    };
    const { outcomes } = await run(sliceOf([rowOf('a', 0)]), host);
    expect(outcomes).toStrictEqual([
      {
        status: 'error',
        error: { code: 'attempt_timeout', message: attemptTimeoutMessage(250), maxMs: 250 },
        retryable: false,
      },
    ]);
    expect(attemptTimeoutMessage(250)).toBe('Attempt ran longer than attemptTimeoutMs (250 ms)');
  });

  test('an attempt that was aborted and throws something of its own ends with that', async () => {
    const host = new FakeHost(() => Promise.resolve(1));
    host.settle = (_output, context) => {
      AttemptContext.abort(context, new AttemptTimeout(250));
      return Promise.reject(new CapacityError(503));
    };
    const { outcomes } = await run(sliceOf([rowOf('a', 0)]), host);
    expect(outcomes).toMatchObject([{ status: 'capacity', statusCode: 503 }]);
  });

  test('the place where an attempt ran is gone: lost, and not by its own fault', async () => {
    const host = new FakeHost(() => Promise.resolve(1));
    host.settle = (_output, context) => {
      const reason = new Error('Executor is shut down');
      AttemptContext.abort(context, reason);
      return Promise.reject(reason);
    };
    const { outcomes } = await run(sliceOf([rowOf('a', 0)]), host);
    expect(outcomes).toMatchObject([{ status: 'lost', blame: 'bystander', error: { code: 'worker_lost' } }]);
  });
});

describe('runSlice: gauge', () => {
  test('I2 a slice counts as one row, of the pool and of its batch, from its first row to its last', async () => {
    const seen: number[][] = [];
    const host = new FakeHost((row) => {
      seen.push([host.gauge.running(POOL_COUNTER), host.gauge.running(1)]);
      if (row === 'throws') throw new Error('no');
      return row;
    });
    host.onRowEnd = () => {
      seen.push([host.gauge.running(POOL_COUNTER), host.gauge.running(1)]);
      return true;
    };
    host.isCancelled = () => {
      seen.push([host.gauge.running(POOL_COUNTER), host.gauge.running(1)]);
      return false;
    };
    await run(sliceOf([rowOf('a', 0), rowOf('throws', 1)]), host);
    const [before, running] = [
      [0, 0],
      [1, 1],
    ];
    expect(seen).toEqual([before, ...new Array<unknown>(6).fill(running)]);
    expect([host.gauge.running(POOL_COUNTER), host.gauge.running(1)]).toEqual([0, 0]);
    expect([host.gauge.highest(POOL_COUNTER), host.gauge.highest(1)]).toEqual([1, 1]);
  });
});

describe('runSlice: context', () => {
  const identities = fc.array(
    fc.record({
      rowIndex: fc.nat(1_000),
      stateId: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      attempt: fc.integer({ min: 1, max: 3 }),
      nextCallIndex: fc.constantFrom(0, 0, 1, 7),
    }),
    { maxLength: 6 },
  );

  test('any identities arrive as they were sent, whichever columns say something', async () => {
    await fc.assert(
      fc.asyncProperty(
        identities,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (list, generatedIds, inOrder, first) => {
          const rows = list.map(({ rowIndex, stateId, attempt, nextCallIndex }, position) => {
            const index = inOrder ? (list[0]?.rowIndex ?? 0) + position : rowIndex;
            return rowOf(position, index, {
              ...(generatedIds ? {} : { stateId: stateId ?? `own ${position}` }),
              ...(first ? {} : { attempt, nextCallIndex }),
            });
          });
          const seen: unknown[] = [];
          const host = new FakeHost((_row, context) => {
            const { stateId, rowIndex, attempt, workerData } = context;
            if (!(context instanceof AttemptContext)) throw new Error('Not the context of an attempt');
            const nextCallIndex = AttemptContext.nextCallIndexOf(context);
            seen.push({ stateId, rowIndex, attempt, nextCallIndex, workerData });
          });
          await run(sliceOf(rows, { generatedIds }), host);
          expect(seen).toEqual(
            rows.map(({ stateId, rowIndex, attempt, nextCallIndex }) => ({
              stateId,
              rowIndex,
              attempt,
              nextCallIndex,
              workerData: host.workerData,
            })),
          );
        },
      ),
    );
  });

  test('each row has a context of its own', async () => {
    const contexts = new Set<unknown>();
    await outcomesOf([1, 2, 3], (_row, context) => void contexts.add(context));
    expect(contexts.size).toBe(3);
  });

  test('calls are counted per row and go on where the last attempt stopped', async () => {
    const recorded: unknown[] = [];
    const host = new FakeHost(async (row, context) => {
      for (let call = 0; call < (row as number); call++) await context.call('score', row, () => 1);
    });
    host.recordCall = (sliceId, { stateId, callIndex, phase }) => {
      if (phase === 'request') recorded.push([sliceId, stateId, callIndex]);
      return Promise.resolve();
    };
    const rows = [rowOf(2, 0), rowOf(0, 1), rowOf(1, 2, { attempt: 2, nextCallIndex: 5 })];
    const { nextCallIndices } = await run(sliceOf(rows), host);
    expect(recorded).toEqual([
      [3, 'row-0', 0],
      [3, 'row-0', 1],
      [3, 'row-2', 5],
    ]);
    expect([0, 1, 2].map((position) => nextCallIndices?.[position] ?? 0)).toEqual([2, 0, 6]);
  });

  test('calls of a row that failed are counted too', async () => {
    const host = new FakeHost(async (_row, context) => {
      await context.call('score', 1, () => Promise.reject(new CapacityError(503)));
    });
    const { outcomes, nextCallIndices } = await run(sliceOf([rowOf(1, 0)]), host);
    expect(outcomes).toMatchObject([{ status: 'capacity' }]);
    expect(nextCallIndices?.[0]).toBe(1);
  });
});

describe('toJob', () => {
  test('leaves out the columns that say nothing: ids and indices of rows in order, first attempts', () => {
    const rows = [4, 5, 6].map((index) => rowOf('row', index));
    const job = toJob(sliceOf(rows, { generatedIds: true }));
    expect(structuredClone(job)).toEqual({
      sliceId: 3,
      counter: 1,
      count: 3,
      rows: ['"row', '"row', '"row'],
      firstRowIndex: 4,
    });
  });

  test('sends a column as soon as one row says something in it', () => {
    const rows = [rowOf('a', 4), rowOf('b', 6, { attempt: 2, nextCallIndex: 1 })];
    expect(toJob(sliceOf(rows))).toMatchObject({
      firstRowIndex: 4,
      rowIndices: [4, 6],
      stateIds: ['row-4', 'row-6'],
      attempts: [1, 2],
      nextCallIndices: [0, 1],
    });
  });
});

/** A host that keeps outputs as a thread does. */
class KeepingHost extends FakeHost {
  readonly #kept = new KeptOutcomes(1);

  override onSliceStart(counter: number): void {
    super.onSliceStart(counter);
    this.#kept.reset(0);
  }

  override onRowEnd(end: RowEnd): boolean {
    super.onRowEnd(end);
    return this.#kept.keep(0, end);
  }

  readonly keptTexts = () => this.#kept.texts(0).list();

  /** As the dispatching thread gets it. */
  async run(rows: readonly SliceRow[]): Promise<{ readonly report: SliceReport; readonly texts: boolean }> {
    const slice = structuredClone(await runSlice(toJob(sliceOf(rows)), this));
    const texts = slice.textsAreKept === true;
    const report = toReport(texts ? { ...slice, outputs: { texts: this.#kept.texts(0).block } } : slice);
    return { report, texts };
  }
}

describe('runSlice: outputs that are strings and kept', () => {
  const rowsOf = (values: readonly unknown[]) => values.map((value, index) => rowOf(value, index));
  const successes = (values: readonly unknown[]) => values.map((value) => ({ status: 'success', value }));

  test('leave as what is kept of them', async () => {
    const host = new KeepingHost((row) => `${String(row)}é`);
    const { report, texts } = await host.run(rowsOf([1, 2, 3]));
    expect(texts).toBe(true);
    expect(report.texts?.list()).toEqual(['1é', '2é', '3é']);
    expect(report.outcomes).toEqual(successes(['1é', '2é', '3é']));
  });

  test('I11 whatever other outputs are among them, all come back as they were', async () => {
    const output = fc.oneof(
      { weight: 8, arbitrary: fc.string({ unit: 'grapheme' }) },
      fc.constantFrom<unknown>(1, undefined, '\ud800', { a: 'b' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(output, { minLength: 1, maxLength: 30 }), async (outputs) => {
        const { report, texts } = await new KeepingHost((row) => row).run(rowsOf(outputs));
        expect(report.outcomes).toEqual(successes(outputs));
        expect(texts).toBe(outputs.every((value) => typeof value === 'string' && value !== '\ud800'));
      }),
    );
  });

  test('I11 a row that fails among them keeps its place', async () => {
    const host = new KeepingHost((row) => {
      if (row === 'b') throw new Error('no');
      return row;
    });
    const { report } = await host.run(rowsOf(['a', 'b', 'c']));
    expect(report.texts).toBeUndefined();
    expect(report.outcomes).toMatchObject([
      { status: 'success', value: 'a' },
      { status: 'error', error: { message: 'no' } },
      { status: 'success', value: 'c' },
    ]);
  });

  test('I11 one that is too long to be kept leaves with the slice, before another row begins', async () => {
    const long = 'x'.repeat(1 << 20);
    const { report } = await new KeepingHost((row) => (row === 1 ? long : `row ${String(row)}`)).run(
      rowsOf([0, 1, 2]),
    );
    expect(report.outcomes).toEqual(successes(['row 0', long]));
    expect(report.isFull).toBe(true);
  });

  test.each([
    ['the last row is too long to be kept', 2, Infinity],
    ['it was cancelled', -1, 2],
    ['all went well', -1, Infinity],
  ])('a slice is not full when %s', async (_, longRow, cancelAfter) => {
    const host = new KeepingHost((row) => (row === longRow ? 'x'.repeat(1 << 20) : 'short'));
    host.cancelAfter = cancelAfter;
    const { report } = await host.run(rowsOf([0, 1, 2]));
    expect(report.times).toHaveLength(2 * Math.min(3, cancelAfter));
    expect(report.isFull).toBeUndefined();
  });
});
