import fc from 'fast-check';
import { describe, expect } from 'vitest';
import {
  CapacityError,
  DriftError,
  MemoryAuditTrail,
  SqliteAuditTrail,
  type AuditRecord,
  type Entry,
  type Transform,
} from '../../src/index.ts';
import { verifyRun } from '../../src/audit/questions/verify-run.ts';
import { workerUrl } from '../helpers/engines.ts';
import { isSettled } from '../helpers/event-loop.ts';
import { test } from '../helpers/executor-fixture.ts';
import { diedBeforeAttempt, dispatchOf, recordsOfRun, RUN, trailOf } from '../helpers/interrupted-runs.ts';
import { readable } from '../helpers/readable-trail.ts';
import { codesOf, collect, contextsOf, errorOf, outputsOf, range } from '../helpers/rows.ts';
import { checkTrail } from '../helpers/trail-checks.ts';
import { recordsOf } from '../helpers/trails.ts';
import { openTrail, trailPath } from '../helpers/trail-files.ts';
import { makeDelayedTransform, makeTrackedTransform } from '../helpers/transforms.ts';

const double: Transform<number, number> = (row) => row * 2;
const doubling = () => makeTrackedTransform<number>(double);
const options = { transform: doubling().transform, poolSize: 1 };

describe('a batch on a run that is on record', () => {
  test('gives out what is on record, runs the others, and goes on behind them', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(2, contextsOf(range(4)), options);
    const before = audit.records;
    const recorded = recordsOf({ records: [...before] }, 'entry');
    const { transform, log } = doubling();
    const executor = createExecutor({ transform, poolSize: 2, audit });
    const { entries, stats } = await executor.executeBatch(contextsOf(range(6)), RUN);
    expect(outputsOf(entries)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(entries.map(({ submitIndex }) => submitIndex)).toEqual(range(6));
    expect(entries.map(({ completeIndex }) => completeIndex).toSorted()).toEqual(range(6));
    expect(entries.slice(0, 2)).toMatchObject(
      recorded.map(({ completedAt, submittedAt, bufferWaitMs }) => ({
        completedAt,
        submittedAt,
        bufferWaitMs,
      })),
    );
    expect(log).toEqual([
      { row: 2, attempt: 1 },
      { row: 3, attempt: 1 },
      { row: 4, attempt: 1 },
      { row: 5, attempt: 1 },
    ]);
    expect(stats).toMatchObject({ submitted: 6, successes: 6, errors: 0, attempts: 4 });
    expect(recordsOf(audit, 'row').map(({ rowIndex }) => rowIndex)).toEqual(range(6));
    expect(recordsOf(audit, 'entry').map(({ rowIndex }) => rowIndex)).toEqual(range(6));
    expect(recordsOf(audit, 'batch')[1]?.continues).toEqual({ drift: [], retryFailed: false });
    expect(recordsOf(audit, 'batch-end')[0]?.givenBack).toEqual({ successes: 2, errors: 0 });
  });

  test('an attempt that was under way is closed, and counts towards nothing', async ({ createExecutor }) => {
    const audit = await diedBeforeAttempt(1, contextsOf(range(3)), options);
    await audit.append([dispatchOf(audit, 2, 1)]);
    const { transform, log } = doubling();
    const executor = createExecutor({ transform, poolSize: 1, maxRowCrashes: 2, audit });
    const { entries, stats } = await executor.executeBatch(contextsOf(range(3)), RUN);
    expect(log).toEqual([
      { row: 1, attempt: 1 },
      { row: 2, attempt: 2 },
    ]);
    expect(entries.map(({ attempts }) => attempts)).toEqual([1, 1, 2]);
    expect(recordsOf(audit, 'attempt').filter(({ outcome }) => outcome === 'lost')).toMatchObject([
      {
        rowIndex: 2,
        attempt: 1,
        threadId: -1,
        sliceId: -1,
        error: {
          code: 'worker_lost',
          message: 'Process ended while the attempt ran, or before it had started',
        },
      },
    ]);
    expect(stats.attempts).toBe(3);
  });

  test('a result that was on its way out when the process died is not made again', async ({
    createExecutor,
  }) => {
    const bad = makeTrackedTransform<number>((row) => {
      if (row === 1) throw new Error('bad');
      return row;
    });
    const records = await recordsOfRun(contextsOf(range(3)), { transform: bad.transform });
    const audit = await trailOf(records.filter(({ kind }) => kind !== 'entry' && kind !== 'batch-end'));
    const { transform, log } = bad;
    const before = log.length;
    const executor = createExecutor({ transform, poolSize: 1, audit });
    const { entries, stats } = await executor.executeBatch(contextsOf(range(3)), RUN);
    expect(codesOf(entries)).toEqual(['ok', 'transform_error', 'ok']);
    expect(entries.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    expect(log).toHaveLength(before);
    expect(recordsOf(audit, 'entry')).toHaveLength(3);
    expect(stats).toMatchObject({ submitted: 3, successes: 2, errors: 1, attempts: 0 });
  });

  test('call indices go on from the record', async ({ createExecutor }) => {
    const calling = makeTrackedTransform<number, number>((row, context) =>
      context.call('add', row, (one) => one + 1),
    );
    const records = await recordsOfRun(contextsOf(range(2)), { transform: calling.transform });
    const died = records.findIndex((record) => record.kind === 'call' && record.stateId === 'row-1');
    const audit = await trailOf(records.slice(0, died + 1)); // the request of its first call, and no response
    const executor = createExecutor({ transform: calling.transform, poolSize: 1, audit });
    expect(outputsOf(await executor.executeBatch(contextsOf(range(2)), RUN))).toEqual([1, 2]);
    const calls = recordsOf(audit, 'call').filter(({ stateId }) => stateId === 'row-1');
    expect(calls.map(({ callIndex, attempt, phase }) => [callIndex, attempt, phase])).toEqual([
      [0, 1, 'request'],
      [1, 2, 'request'],
      [1, 2, 'response'],
    ]);
  });

  test('rows that were aborted run, rows that failed do not', async ({ createExecutor }) => {
    const delayed = makeDelayedTransform<number>();
    const audit = new MemoryAuditTrail();
    const controller = new AbortController();
    const first = createExecutor({ transform: delayed.transform, poolSize: 1, sliceSize: 1, audit });
    const batch = first.executeBatch(contextsOf(range(4)), { ...RUN, signal: controller.signal });
    await delayed.started(0);
    delayed.fail(0, new Error('bad'));
    await delayed.started(1);
    controller.abort();
    delayed.release(1);
    expect(codesOf(await batch)).toEqual(['transform_error', 'ok', 'aborted', 'aborted']);
    const again = makeDelayedTransform<number>();
    again.releaseAll();
    const executor = createExecutor({ transform: again.transform, poolSize: 1, audit });
    const { entries, stats } = await executor.executeBatch(contextsOf(range(4)), RUN);
    expect(codesOf(entries)).toEqual(['transform_error', 'ok', 'ok', 'ok']);
    expect(again.log.map(({ row }) => row)).toEqual([2, 3]);
    expect(stats).toMatchObject({ submitted: 4, successes: 3, errors: 1, attempts: 2 });
  });

  test('a run that is complete runs nothing; a second batch of it is misuse, as ever', async ({
    createExecutor,
  }) => {
    const audit = await trailOf(await recordsOfRun(contextsOf(range(3)), options));
    const { transform, log } = doubling();
    const executor = createExecutor({ transform, poolSize: 1, audit });
    expect(outputsOf(await executor.executeBatch(contextsOf(range(3)), RUN))).toEqual([0, 2, 4]);
    expect(log).toEqual([]);
    await expect(executor.executeBatch(contextsOf(range(3)), RUN)).rejects.toThrow(
      /is used twice in run 'run'/,
    );
  });

  test('two batches that come at once: one continues the run, the other is misuse', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(1, contextsOf(range(3)), options);
    const executor = createExecutor({ ...options, audit });
    const [first, second] = await Promise.allSettled([
      executor.executeBatch(contextsOf(range(3)), RUN),
      executor.executeBatch(contextsOf(range(3)), RUN),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(String(second.status === 'rejected' && second.reason)).toContain("is used twice in run 'run'");
  });

  test('a run that another executor is at is left alone until that has ended there', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(1, contextsOf(range(3)), options);
    const delayed = makeDelayedTransform<number>();
    const first = createExecutor({ transform: delayed.transform, poolSize: 1, audit });
    const second = createExecutor({ transform: delayed.transform, poolSize: 1, audit });
    const changed = { ...RUN, allowDrift: true };
    const running = first.executeBatch(contextsOf(range(3)), changed);
    await delayed.started(1);
    const message = "as another executor of this process is at run 'run': wait until that has ended";
    await expect(second.executeBatch(contextsOf(range(3)), changed)).rejects.toThrow(message);
    expect(() => second.stream(range(3), changed)).toThrow(message);
    delayed.releaseAll();
    await running;
    expect(outputsOf(await collect(second.stream(range(3), changed)))).toEqual([0, 1, 2]);
    expect(outputsOf(await collect(first.stream(range(0), { ...RUN })))).toEqual([]);
    const third = createExecutor({ transform: delayed.transform, poolSize: 1, audit });
    expect(outputsOf(await collect(third.stream(range(3), changed)))).toEqual([0, 1, 2]);
    expect(delayed.log.map(({ row }) => row)).toEqual([1, 2]);
  });

  test('rows that can not be cloned fail again, in place', async ({ createExecutor }) => {
    const rows = [1, () => 1, 2, () => 2] as number[];
    const audit = await diedBeforeAttempt(2, contextsOf(rows), options);
    const executor = createExecutor({ ...options, audit }, { stopped: true });
    const { entries } = await executor.executeBatch(contextsOf(rows), RUN);
    expect(codesOf(entries)).toEqual(['ok', 'transform_error', 'ok', 'transform_error']);
    // they are not on record themselves, and have an entry in each batch
    const again = createExecutor({ ...options, audit }, { stopped: true });
    await again.executeBatch(contextsOf(rows), RUN);
    expect(await verifyRun(readable(audit.records))).toMatchObject({ findings: [], stopped: false });
  });

  test('worker threads: attempts and results go on from the record', async ({ createExecutor }) => {
    const transform = workerUrl('thread-transform.ts');
    const audit = await diedBeforeAttempt(2, contextsOf(range(5)), { transform });
    await audit.append([dispatchOf(audit, 2, 1)]);
    const executor = createExecutor({ transform, poolSize: 2, audit });
    const { entries } = await executor.executeBatch(contextsOf(range(5)), RUN);
    expect(entries.map(({ attempts }) => attempts)).toEqual([1, 1, 2, 1, 1]);
  });
});

describe('a run on a file', () => {
  const rows = [new Map([[1, new Date(5)]]), [-0, NaN, undefined], 'text', 10n, { at: new Date(7) }];
  const echo = () => makeTrackedTransform<unknown>((row) => row);

  test('goes on with values that JSON can not carry, in another process', async ({ createExecutor }) => {
    const { transform, log } = echo();
    const died = await diedBeforeAttempt(3, contextsOf(rows), { transform });
    const path = trailPath();
    const written = new SqliteAuditTrail(path);
    await written.append(died.records);
    await written.close();
    const before = log.length;
    const audit = openTrail(path);
    const executor = createExecutor({ transform, poolSize: 1, audit });
    const { entries } = await executor.executeBatch(contextsOf(rows), RUN);
    expect(outputsOf(entries)).toEqual(rows);
    expect(log.slice(before).map(({ row }) => row)).toEqual(rows.slice(3));
  });

  test('a row that differs only in what JSON can not carry has changed', async ({ createExecutor }) => {
    const { transform } = echo();
    const audit = openTrail();
    await audit.append((await diedBeforeAttempt(3, contextsOf(rows), { transform })).records);
    const executor = createExecutor({ transform, poolSize: 1, audit });
    const other = [new Map([[1, new Date(6)]]), ...rows.slice(1)];
    await expect(executor.executeBatch(contextsOf(other), RUN)).rejects.toThrow(
      /row 0 \('row-0'\) has changed/,
    );
  });
});

describe('retryFailed', () => {
  const flaky = (failing: boolean) =>
    makeTrackedTransform<number>((row) => {
      if (failing && row % 2 === 1) throw new Error(`bad ${row}`);
      return row;
    });

  test('runs the rows whose result was an error, and only those', async ({ createExecutor }) => {
    const audit = await trailOf(
      await recordsOfRun(contextsOf(range(4)), { transform: flaky(true).transform }),
    );
    const { transform, log } = flaky(false);
    const executor = createExecutor({ transform, poolSize: 1, audit });
    const { entries, stats } = await executor.executeBatch(contextsOf(range(4)), {
      ...RUN,
      retryFailed: true,
    });
    expect(outputsOf(entries)).toEqual(range(4));
    expect(log).toEqual([
      { row: 1, attempt: 2 },
      { row: 3, attempt: 2 },
    ]);
    expect(stats).toMatchObject({ submitted: 4, successes: 4, errors: 0, attempts: 2 });
    expect(recordsOf(audit, 'batch')[1]?.continues).toEqual({ drift: [], retryFailed: true });
    // the new entries take the place of the old
    const later = createExecutor({ transform, poolSize: 1, audit });
    expect(outputsOf(await later.executeBatch(contextsOf(range(4)), RUN))).toEqual(range(4));
    expect(log).toHaveLength(2);
  });

  test('a row that has succeeded when it ran again does not run once more, if its entry was not on record yet', async ({
    createExecutor,
  }) => {
    const failed = await trailOf(
      await recordsOfRun(contextsOf(range(2)), { transform: flaky(true).transform }),
    );
    const again = { ...RUN, retryFailed: true };
    const first = createExecutor({ transform: flaky(false).transform, poolSize: 1, audit: failed });
    await first.executeBatch(contextsOf(range(2)), again);
    const died = failed.records.findLastIndex(({ kind }) => kind === 'attempt');
    const audit = await trailOf(failed.records.slice(0, died + 1));
    const { transform, log } = flaky(false);
    const executor = createExecutor({ transform, poolSize: 1, audit });
    expect(outputsOf(await executor.executeBatch(contextsOf(range(2)), again))).toEqual(range(2));
    expect(log).toEqual([]);
  });

  test.for(['retryFailed', 'allowDrift'] as const)(
    '%s without a run that can be continued is misuse',
    async (name, { createExecutor }) => {
      const withTrail = createExecutor({ ...options, audit: new MemoryAuditTrail() });
      const without = createExecutor(options);
      const message = `'${name}' needs 'runId' and an audit trail that can continue runs`;
      await expect(withTrail.map([1], { [name]: true })).rejects.toThrow(message);
      await expect(without.map([1], { ...RUN, [name]: true })).rejects.toThrow(message);
      expect(() => without.stream([1], { ...RUN, [name]: true })).toThrow(message);
      await expect(without.map([1], { [name]: 1 as never })).rejects.toThrow(
        `'${name}' must be true or false`,
      );
    },
  );
});

describe('drift', () => {
  const rows = contextsOf(range(4));
  const changed = contextsOf([0, 1, 20, 3]);

  test.for<[name: string, contexts: typeof rows, more: object, difference: RegExp]>([
    ['a row', changed, {}, /^row 2 \('row-2'\) has changed$/],
    ['too few rows', rows.slice(0, 2), {}, /^the rows end after 2, on record are 4$/],
    [
      'the transform',
      rows,
      { transform: (row: number) => row },
      /^the transform .*sha256 \w{12}, on record \w{12}/,
    ],
    ['an option', rows, { attemptTimeoutMs: 50 }, /^attemptTimeoutMs is 50, on record not given$/],
    [
      'the worker data',
      rows,
      { workerData: { a: 1 } },
      /^workerDataSha256 is '\w{64}', on record not given$/,
    ],
  ])(
    '%s that differs is refused by name, unless that is allowed',
    async ([, contexts, more, difference], { createExecutor }) => {
      const audit = await diedBeforeAttempt(2, rows, options);
      const { transform, log } = doubling();
      const executor = createExecutor({ transform, poolSize: 1, audit, ...more });
      const before = audit.records.length;
      const refused = await executor.executeBatch(contexts, RUN).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(refused).toBeInstanceOf(DriftError);
      expect((refused as DriftError).differences).toEqual([expect.stringMatching(difference)]);
      expect((refused as Error).message).toMatch(
        /^Cannot continue run 'run' \(allowDrift overrides this\): /,
      );
      expect({ log, records: audit.records.length }).toEqual({ log: [], records: before });
      // the refused batch has not entered the run
      const { entries } = await executor.executeBatch(contexts, { ...RUN, allowDrift: true });
      expect(entries.map(({ stateId }) => stateId)).toEqual(contexts.map(({ stateId }) => stateId));
      expect(outputsOf(entries.slice(0, 2))).toEqual([0, 2]);
      expect(recordsOf(audit, 'batch')[1]?.continues?.drift).toEqual([expect.stringMatching(difference)]);
    },
  );

  test('stream: too few rows are refused by name, unless that is allowed', async ({ createExecutor }) => {
    const audit = await diedBeforeAttempt(2, contextsOf(range(4)), options);
    const executor = createExecutor({ ...options, audit });
    const short = range(2);
    await expect(collect(executor.stream(short, RUN))).rejects.toMatchObject({
      name: 'DriftError',
      differences: ['the rows end after 2, on record are 4'],
    });
    const entries = await collect(executor.stream(short, { ...RUN, allowDrift: true }));
    expect(outputsOf(entries)).toEqual([0, 2]);
  });

  test('rows that changed: the results on record stay, rows that run are the new ones and on record as such', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(2, rows, options);
    const executor = createExecutor({ ...options, audit });
    const contexts = contextsOf([10, 1, 20, 30]);
    const { entries } = await executor.executeBatch(contexts, { ...RUN, allowDrift: true });
    expect(outputsOf(entries)).toEqual([0, 2, 40, 60]);
    expect(recordsOf(audit, 'batch')[1]?.continues?.drift).toEqual([
      "3 rows have changed, first row 0 ('row-0')",
    ]);
    expect(recordsOf(audit, 'row').map(({ request }) => request)).toEqual([0, 1, 2, 3, 20, 30]);
  });

  test('another row in the place of one on record is refused, whatever is allowed', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(2, rows, options);
    const executor = createExecutor({ ...options, audit });
    const batch = executor.executeBatch(rows.toReversed(), { ...RUN, allowDrift: true });
    await expect(batch).rejects.toThrow(
      /^Cannot continue run '[^']+': row 3 \('row-3'\) comes where row 0 \('row-0'\) is on record, which can't be overridden$/,
    );
  });

  test('options that change no result may differ', async ({ createExecutor }) => {
    const audit = await diedBeforeAttempt(2, rows, options);
    const more = { poolSize: 3, threads: 2, sliceSize: 7, minDispatchDelayMs: 1, recoveryStepMs: 7 };
    const executor = createExecutor({ ...options, ...more, audit });
    expect(outputsOf(await executor.executeBatch(rows, RUN))).toEqual([0, 2, 4, 6]);
  });
});

describe('a stream on a run that is on record', () => {
  test('gives out what is on record, runs the others, and goes on behind them', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(2, contextsOf(range(4)), options);
    const { transform, log } = doubling();
    const executor = createExecutor({ transform, poolSize: 2, audit });
    const stream = executor.stream(range(300), { ...RUN, window: 8 });
    expect(outputsOf(await collect(stream))).toEqual(range(300).map((row) => row * 2));
    expect(log.slice(0, 2)).toEqual([
      { row: 2, attempt: 1 },
      { row: 3, attempt: 1 },
    ]);
    expect(stream.stats).toMatchObject({ submitted: 300, successes: 300, attempts: 298 });
  });

  test('no row runs before the consumer has dealt with the results on record before the first one that has none', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(2, contextsOf(range(4)), options);
    const { transform, log } = doubling();
    const executor = createExecutor({ transform, poolSize: 2, audit }, { stopped: true });
    const stream = executor.stream(range(4), RUN);
    expect((await stream.next()).value?.rowIndex).toBe(0);
    expect((await stream.next()).value?.rowIndex).toBe(1);
    await stream.return();
    expect(log).toEqual([]);
    expect(recordsOf(audit, 'batch-end')).toMatchObject([{ givenBack: { successes: 2, errors: 0 } }]);
  });

  test('the rows that have to run do so side by side, also those between results on record', async ({
    createExecutor,
  }) => {
    const failing = makeTrackedTransform<number>((row) => {
      if (row !== 2) throw new Error('bad');
      return row;
    });
    const audit = await trailOf(await recordsOfRun(contextsOf(range(5)), { transform: failing.transform }));
    const delayed = makeDelayedTransform<number>();
    const executor = createExecutor({ transform: delayed.transform, poolSize: 3, sliceSize: 1, audit });
    const entries = collect(executor.stream(range(5), { ...RUN, retryFailed: true }));
    await Promise.all([delayed.started(0), delayed.started(1), delayed.started(3)]);
    delayed.releaseAll();
    expect(outputsOf(await entries)).toEqual(range(5));
    expect(delayed.log.map(({ row }) => row)).toEqual([0, 1, 3, 4]);
  });

  test('a source that differs ends the stream with what differs, is closed, and nothing is on record of it', async ({
    createExecutor,
  }) => {
    const audit = await diedBeforeAttempt(2, contextsOf(range(4)), options);
    const before = audit.records.length;
    const executor = createExecutor({ ...options, audit });
    let closed = false;
    const source = (function* () {
      try {
        yield* [0, 1, 2, 7];
      } finally {
        closed = true;
      }
    })();
    await expect(collect(executor.stream(source, RUN))).rejects.toThrow(/row 3 \('row-3'\) has changed/);
    expect({ closed, records: audit.records.length }).toEqual({ closed: true, records: before });
    const again = collect(executor.stream([0, 1, 2, 7], { ...RUN, allowDrift: true }));
    expect(outputsOf(await again)).toEqual([0, 2, 4, 14]);
  });

  test('a run of many rows: the same with any window', async ({ createExecutor }) => {
    const audit = await diedBeforeAttempt(700, contextsOf(range(1_000)), options);
    for (const window of [1, 7, 5_000]) {
      const trail = await trailOf(audit.records);
      const executor = createExecutor({ ...options, audit: trail });
      const entries = await collect(executor.stream(range(1_000), { ...RUN, window }));
      expect(outputsOf(entries)).toEqual(range(1_000).map((row) => row * 2));
    }
  });

  test('shutdown while the record is read ends the stream', async ({ createExecutor }) => {
    const history = Promise.withResolvers<undefined>();
    const audit = Object.assign(new MemoryAuditTrail(), { history: () => history.promise });
    const executor = createExecutor({ ...options, audit });
    const next = executor.stream([1], RUN).next();
    expect(await isSettled(next)).toBe(false);
    await executor.shutdown();
    history.resolve(undefined);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(audit.records).toEqual([]);
  });
});

describe('a process that dies anywhere', () => {
  /** Rows that succeed, are refused once, or fail. */
  const mixed = () =>
    makeTrackedTransform<number, number>((row, { attempt }) => {
      if (row % 4 === 1 && attempt === 1) throw new CapacityError(503);
      if (row % 4 === 3) throw new Error(`bad ${row}`);
      return row * 2;
    });
  const more = { recoveryStepMs: 1, maxDispatchDelayMs: 1 };
  const outcome = (entries: readonly Entry<unknown>[]) =>
    entries.map(({ result }) =>
      result.status === 'success' ? result.value : errorOf({ result } as never).error.message,
    );

  test('each row has one result in the end, the same as ever, and nothing that has one runs again', async ({
    createExecutor,
  }) => {
    const contexts = contextsOf(range(10));
    const records = await recordsOfRun(contexts, { transform: mixed().transform, ...more });
    const whole = outcome(recordsOf({ records }, 'entry'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(records.length + 20), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (deaths, poolSize) => {
          let trail = await trailOf(records.slice(0, Math.max(1, deaths[0]!)));
          for (const death of [...deaths.slice(1), Infinity]) {
            const ended = recordsOf(trail, 'attempt').filter(({ outcome }) => outcome !== 'capacity');
            const done = new Set(ended.map(({ rowIndex }) => rowIndex));
            const { transform, log } = mixed();
            const executor = createExecutor({ transform, poolSize, ...more, audit: trail });
            const { entries } = await executor.executeBatch(contexts, RUN);
            expect(outcome(entries)).toEqual(whole);
            expect(log.filter(({ row }) => done.has(row))).toEqual([]);
            const all: readonly AuditRecord[] = trail.records;
            trail = await trailOf(all.slice(0, Math.max(1, death)));
          }
          await checkTrail(trail.records);
          expect(
            recordsOf(trail, 'entry')
              .map(({ rowIndex }) => rowIndex)
              .toSorted((a, b) => a - b),
          ).toEqual(range(10));
        },
      ),
      { numRuns: 40 },
    );
  });
});
