import { describe, expect } from 'vitest';
import { CapacityError, MemoryAuditTrail } from '../../src/index.ts';
import { bothEngines } from '../helpers/engines.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, collect, contextsOf, errorOf, outputsOf, range } from '../helpers/rows.ts';
import { makeFailingTransform, makeTrackedTransform, refuse } from '../helpers/transforms.ts';
import failing, { type ScriptedRow } from '../workers/failing-transform.ts';
import falsy, { FALSY, type FalsyName } from '../workers/falsy-transform.ts';

const NOTHING = {
  submitted: 0,
  successes: 0,
  errors: 0,
  attempts: 0,
  capacityRetries: 0,
  totalThrottleTimeMs: 0,
};

describe('empty batch', () => {
  test('executeBatch: resolves at once with no entries', async ({ createExecutor }) => {
    const { transform, log } = makeTrackedTransform<number>();
    const executor = createExecutor({ transform, poolSize: 2 });
    const { entries, stats } = await executor.executeBatch([]);
    expect(entries).toEqual([]);
    expect(stats).toMatchObject(NOTHING);
    expect(log).toEqual([]);
  });

  test('map: resolves to no results', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    expect(await executor.map([])).toEqual([]);
  });

  test('stream: ends at once', async ({ createExecutor }) => {
    const executor = createExecutor({ transform: makeTrackedTransform<number>().transform, poolSize: 2 });
    const stream = executor.stream([]);
    expect(await collect(stream)).toEqual([]);
    expect(stream.stats).toMatchObject(NOTHING);
  });
});

describe.each(bothEngines('failing-transform.ts', failing))('$name', ({ transform }) => {
  test('single row: its entry says everything', async ({ createExecutor }) => {
    const executor = createExecutor<ScriptedRow, number>({ transform, poolSize: 2 });
    const { entries, stats } = await executor.executeBatch([
      { row: { id: 4 }, stateId: 'four', rowIndex: 17 },
    ]);
    expect(entries).toEqual([
      {
        rowIndex: 17,
        stateId: 'four',
        result: { status: 'success', value: 40 },
        submitIndex: 0,
        completeIndex: 0,
        submittedAt: expect.any(Number) as number,
        completedAt: expect.any(Number) as number,
        bufferWaitMs: expect.any(Number) as number,
        attempts: 1,
      },
    ]);
    expect(stats).toEqual({
      submitted: 1,
      successes: 1,
      errors: 0,
      attempts: 1,
      capacityRetries: 0,
      currentDelayMs: 0,
      peakDelayMs: 0,
      totalThrottleTimeMs: 0,
      pacedTimeMs: 0,
      maxConcurrentReached: 1,
    });
  });

  test('all rows fail: I5, I11 an entry each, with its own message', async ({ createExecutor }) => {
    const executor = createExecutor<ScriptedRow, number>({ transform, poolSize: 2 });
    const rows = range(25).map((id) => ({ id, error: `row ${id} is bad` }));
    const { entries, stats } = await executor.executeBatch(contextsOf(rows));
    expect(entries.map((entry) => errorOf(entry).error.message)).toEqual(rows.map(({ error }) => error));
    expect(new Set(codesOf(entries))).toEqual(new Set(['transform_error']));
    expect(stats).toMatchObject({
      submitted: 25,
      successes: 0,
      errors: 25,
      attempts: 25,
      capacityRetries: 0,
    });
  });

  test('some rows fail: I11 the others are not affected', async ({ createExecutor }) => {
    const executor = createExecutor<ScriptedRow, number>({ transform, poolSize: 2, sliceSize: 5 });
    const rows = range(25).map((id) => (id % 3 === 0 ? { id, error: 'bad' } : { id }));
    const { entries, stats } = await executor.executeBatch(contextsOf(rows));
    expect(codesOf(entries)).toEqual(rows.map(({ id }) => (id % 3 === 0 ? 'transform_error' : 'ok')));
    expect(stats).toMatchObject({ submitted: 25, successes: 16, errors: 9, attempts: 25 });
  });

  test('all rows end in capacity_retry_timeout: an entry each, everything free', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const executor = createExecutor<ScriptedRow, number>(
      { transform, poolSize: 3, maxCapacityRetryMs: 120 },
      { clock },
    );
    const rows = range(7).map((id) => ({ id, refusals: Infinity }));
    const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf(rows)));
    expect(codesOf(entries)).toEqual(rows.map(() => 'capacity_retry_timeout'));
    for (const entry of entries) {
      const { error, retryable } = errorOf(entry);
      expect(retryable).toBe(true);
      expect(error).toMatchObject({ maxMs: 120, statusCode: 503, cause: { message: 'busy' } });
      expect(error.elapsedMs).toBeGreaterThanOrEqual(120);
    }
    expect(stats).toMatchObject({ submitted: 7, successes: 0, errors: 7 });
  });
});

describe.each(bothEngines('falsy-transform.ts', falsy))('$name', ({ transform }) => {
  test('outputs that look like none are outputs: null, undefined, false, 0, empty text ...', async ({
    createExecutor,
  }) => {
    const executor = createExecutor<FalsyName, unknown>({ transform, poolSize: 2 });
    const names = Object.keys(FALSY) as FalsyName[];
    const rows = [...names, ...names, ...names.toReversed()];
    const expected = rows.map((name) => FALSY[name]);
    const { entries, stats } = await executor.executeBatch(contextsOf(rows));
    expect(outputsOf(entries)).toStrictEqual(expected);
    expect(stats).toMatchObject({ successes: rows.length, errors: 0 });
    expect(outputsOf(await collect(executor.stream(rows, { window: 2 })))).toStrictEqual(expected);
  });

  test('they are outputs on record too, where each row completes by itself', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<FalsyName, unknown>({ transform, poolSize: 2, audit });
    const names = Object.keys(FALSY) as FalsyName[];
    const { entries } = await executor.executeBatch(contextsOf(names));
    expect(outputsOf(entries)).toStrictEqual(names.map((name) => FALSY[name]));
  });
});

describe('I1 the first row', () => {
  test('that fails at once does not hold up the rows behind it', async ({ createExecutor }) => {
    const { transform } = makeFailingTransform(new Map([[0, { times: 1, error: () => new Error('bad') }]]));
    const executor = createExecutor({ transform, poolSize: 2 });
    expect(codesOf(await executor.executeBatch(contextsOf([0, 1, 2])))).toEqual([
      'transform_error',
      'ok',
      'ok',
    ]);
  });

  test('that is refused comes first all the same', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform, log } = makeFailingTransform(refuse([0], 2, () => new CapacityError(429)));
    const executor = createExecutor({ transform, poolSize: 2 }, { clock });
    const { entries } = await clock.runUntil(executor.executeBatch(contextsOf([0, 1, 2])));
    expect(entries.map(({ submitIndex }) => submitIndex)).toEqual([0, 1, 2]);
    expect(entries[0]).toMatchObject({ attempts: 3, completeIndex: 2 });
    expect(log.map(({ row }) => row)).toEqual([0, 1, 2, 0, 0]);
  });
});
