import { describe, expect } from 'vitest';
import { MemoryAuditTrail } from '../../src/index.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, contextsOf, errorOf, outputsOf } from '../helpers/rows.ts';
import { recordsOf } from '../helpers/trails.ts';
import { makeDelayedTransform, makeFailingTransform, refuse } from '../helpers/transforms.ts';

describe('maxCapacityRetryMs', () => {
  test('ends between two attempts: capacity_retry_timeout at that moment, the last wait cut', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const { transform, log } = makeFailingTransform(refuse([0], Infinity));
    const executor = createExecutor({ transform, poolSize: 1, maxCapacityRetryMs: 1000, audit }, { clock });
    const { entries, stats } = await clock.runUntil(executor.executeBatch(contextsOf([0])));
    expect(clock.now()).toBe(1000);
    expect(errorOf(entries[0])).toMatchObject({
      retryable: true,
      error: { code: 'capacity_retry_timeout', elapsedMs: 1000, maxMs: 1000, statusCode: 503 },
    });
    expect(entries[0]!.completedAt - entries[0]!.submittedAt).toBe(1000);
    expect(log).toHaveLength(5);
    expect(recordsOf(audit, 'attempt').map(({ backoffMs }) => backoffMs)).toEqual([50, 100, 200, 400, 250]);
    expect(stats).toMatchObject({ attempts: 5, capacityRetries: 4, totalThrottleTimeMs: 1000 });
  });

  test('ends while an attempt runs: its success counts', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, maxCapacityRetryMs: 100 },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf([0]));
    await delayed.started(0);
    delayed.refuse(0);
    await clock.advanceToNext();
    await delayed.started(0, 2);
    await clock.advance(5000);
    expect(delayed.running).toEqual([0]);
    delayed.release(0);
    const { entries, stats } = await batch;
    expect(outputsOf(entries)).toEqual([0]);
    expect(stats).toMatchObject({ attempts: 2, capacityRetries: 1 });
  });

  test('ends while an attempt runs: its error counts', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, maxCapacityRetryMs: 100 },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf([0]));
    await delayed.started(0);
    delayed.refuse(0);
    await clock.advanceToNext();
    await delayed.started(0, 2);
    await clock.advance(5000);
    delayed.fail(0, new Error('bad'));
    expect(codesOf(await batch)).toEqual(['transform_error']);
  });

  test('ends while an attempt runs that is refused: no further wait, elapsedMs is true', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, maxCapacityRetryMs: 100, audit },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf([0]));
    await delayed.started(0);
    delayed.refuse(0);
    await clock.advanceToNext();
    await delayed.started(0, 2);
    await clock.advance(5000);
    delayed.refuse(0, 429);
    const { entries, stats } = await batch;
    expect(errorOf(entries[0]).error).toMatchObject({
      code: 'capacity_retry_timeout',
      elapsedMs: 5050,
      maxMs: 100,
      statusCode: 429,
    });
    expect(recordsOf(audit, 'attempt').map(({ backoffMs }) => backoffMs)).toEqual([50, 0]);
    expect(stats).toMatchObject({ attempts: 2, capacityRetries: 1, totalThrottleTimeMs: 50 });
  });

  test('ends for a row whose wait is over, while another row has the only permit', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, sliceSize: 1, maxCapacityRetryMs: 500 },
      { clock },
    );
    const stream = executor.stream([0, 1], { window: 2 });
    const first = stream.next();
    await delayed.started(0);
    delayed.refuse(0);
    await delayed.started(1);
    await clock.advance(5000);
    const { value: entry } = await first;
    expect(delayed.running).toEqual([1]);
    expect(entry?.attempts).toBe(1);
    expect(errorOf(entry).error).toMatchObject({ code: 'capacity_retry_timeout', elapsedMs: 500 });
    delayed.release(1);
    expect((await stream.next()).value?.result).toEqual({ status: 'success', value: 1 });
    expect((await stream.next()).done).toBe(true);
  });

  test('runs from the first start of the row, not from its submission', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor(
      { transform: delayed.transform, poolSize: 1, sliceSize: 1, maxCapacityRetryMs: 500 },
      { clock },
    );
    const batch = executor.executeBatch(contextsOf([0, 1]));
    await delayed.started(0);
    await clock.advance(10_000);
    delayed.release(0);
    await delayed.started(1);
    delayed.refuse(1);
    expect(await clock.advanceToNext()).toBe(50);
    await delayed.started(1, 2);
    delayed.release(1);
    expect(outputsOf(await batch)).toEqual([0, 1]);
  });

  test('Infinity never ends', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const { transform } = makeFailingTransform(refuse([0], 200));
    const executor = createExecutor({ transform, poolSize: 1, maxCapacityRetryMs: Infinity }, { clock });
    const { entries } = await clock.runUntil(executor.executeBatch(contextsOf([0])));
    expect(entries[0]).toMatchObject({ attempts: 201, result: { status: 'success' } });
  });

  test('is each row its own: a row refused for ever does not take that of another', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const plan = new Map([...refuse([0], Infinity), ...refuse([1], 2)]);
    const { transform } = makeFailingTransform(plan);
    const executor = createExecutor({ transform, poolSize: 2, maxCapacityRetryMs: 2000 }, { clock });
    const { entries } = await clock.runUntil(executor.executeBatch(contextsOf([0, 1])));
    expect(codesOf(entries)).toEqual(['capacity_retry_timeout', 'ok']);
    expect(errorOf(entries[0]).error.elapsedMs).toBe(2000);
  });
});
