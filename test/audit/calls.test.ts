import { describe, expect } from 'vitest';
import { MemoryAuditTrail } from '../../src/index.ts';
import { bothEngines, workerUrl } from '../helpers/engines.ts';
import { turns } from '../helpers/event-loop.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { codesOf, contextsOf, errorOf, outputsOf, range } from '../helpers/rows.ts';
import { Stage } from '../helpers/stage.ts';
import { HeldTrail, recordsOf } from '../helpers/trails.ts';
import calling, { type CallingRow } from '../workers/calling-transform.ts';

describe.each(bothEngines('calling-transform.ts', calling))('context.call, $name', ({ transform }) => {
  test('request and response are on record, in full and in pairs', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<CallingRow, unknown>({ transform, poolSize: 2, audit });
    const { entries } = await executor.executeBatch(contextsOf(range(3).map((id) => ({ id, calls: 2 }))));
    expect(outputsOf(entries)[2]).toEqual([0, 1].map((call) => ({ asked: { id: 2, call }, answer: 20 })));
    const calls = Map.groupBy(recordsOf(audit, 'call'), ({ stateId }) => stateId);
    for (const id of range(3)) {
      expect(calls.get(`row-${id}`)).toMatchObject(
        [0, 1].flatMap((call) => [
          { callIndex: call, attempt: 1, name: 'service', phase: 'request', request: { id, call } },
          {
            callIndex: call,
            attempt: 1,
            name: 'service',
            phase: 'response',
            response: { asked: { id, call }, answer: id * 10 },
          },
        ]),
      );
    }
  });

  test('indices go on over the attempts of a row and are never used twice', async ({ createExecutor }) => {
    const clock = new FakeClock();
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<CallingRow, unknown>({ transform, poolSize: 1, audit }, { clock });
    const batch = executor.executeBatch(contextsOf<CallingRow>([{ id: 1, calls: 2, refusals: 2 }]));
    const { entries } = await clock.runUntil(batch);
    expect(entries[0]?.attempts).toBe(3);
    const requests = recordsOf(audit, 'call').filter(({ phase }) => phase === 'request');
    expect(requests.map(({ callIndex, attempt }) => [callIndex, attempt])).toEqual([
      [0, 1],
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 3],
      [5, 3],
    ]);
  });

  test('an error of the service is on record and fails the row', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<CallingRow, unknown>({ transform, poolSize: 1, audit });
    const { entries } = await executor.executeBatch(
      contextsOf<CallingRow>([
        { id: 1, calls: 3, service: 'fails' },
        { id: 2, calls: 1 },
      ]),
    );
    expect(codesOf(entries)).toEqual(['transform_error', 'ok']);
    expect(errorOf(entries[0]).error.message).toBe('service is down');
    const own = recordsOf(audit, 'call').filter(({ stateId }) => stateId === 'row-0');
    expect(own).toMatchObject([
      { callIndex: 0, phase: 'request' },
      { callIndex: 0, phase: 'error', error: { name: 'Error', message: 'service is down' } },
    ]);
  });

  test('a request that can not be cloned fails the row without asking', async ({ createExecutor }) => {
    const stage = new Stage();
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<CallingRow, unknown>({
      transform,
      poolSize: 1,
      audit,
      workerData: { stage: stage.buffer },
    });
    const { entries } = await executor.executeBatch(
      contextsOf<CallingRow>([{ id: 1, calls: 1, request: 'function' }]),
    );
    expect(errorOf(entries[0]).error.message).toContain("request of call 'service'");
    expect(stage.starts).toEqual([]);
    expect(recordsOf(audit, 'call')).toEqual([]);
  });

  test('a response that can not be cloned fails the row', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const executor = createExecutor<CallingRow, unknown>({ transform, poolSize: 1, audit });
    const { entries } = await executor.executeBatch(
      contextsOf<CallingRow>([{ id: 1, calls: 1, service: 'gives a function' }]),
    );
    expect(errorOf(entries[0]).error.message).toContain("response of call 'service'");
  });

  test('works without a trail', async ({ createExecutor }) => {
    const executor = createExecutor<CallingRow, unknown>({ transform, poolSize: 1 });
    expect(outputsOf(await executor.executeBatch(contextsOf([{ id: 1, calls: 1 }])))).toEqual([
      [{ asked: { id: 1, call: 0 }, answer: 10 }],
    ]);
  });

  test('the request is durable before fn runs', async ({ createExecutor }) => {
    const stage = new Stage();
    const audit = new HeldTrail((record) => record.kind === 'call' && record.phase === 'request');
    const executor = createExecutor<CallingRow, unknown>({
      transform,
      poolSize: 1,
      audit,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf<CallingRow>([{ id: 1, calls: 1 }]));
    await audit.arrival(({ kind }) => kind === 'call');
    await turns();
    expect(stage.starts).toEqual([]);
    audit.releaseAll();
    await batch;
    expect(stage.starts).toEqual([1]);
  });

  test('the response is durable before the row goes on', async ({ createExecutor }) => {
    const stage = new Stage();
    const audit = new HeldTrail((record) => record.kind === 'call' && record.phase === 'response');
    const executor = createExecutor<CallingRow, unknown>({
      transform,
      poolSize: 1,
      audit,
      workerData: { stage: stage.buffer },
    });
    const batch = executor.executeBatch(contextsOf<CallingRow>([{ id: 1, calls: 2 }]));
    await audit.arrival(({ kind }) => kind === 'call');
    await turns();
    expect(stage.starts).toEqual([1]); // the second call has to wait
    audit.releaseAll();
    await batch;
    expect(stage.starts).toEqual([1, 1]);
  });
});

test('context.call: rows on several threads at once do not mix their calls', async ({ createExecutor }) => {
  const audit = new MemoryAuditTrail();
  const executor = createExecutor<CallingRow, unknown>({
    transform: workerUrl('calling-transform.ts'),
    poolSize: 4,
    threads: 2,
    audit,
  });
  await executor.executeBatch(contextsOf(range(20).map((id) => ({ id, calls: 3 }))));
  for (const record of recordsOf(audit, 'call')) {
    const id = Number(record.stateId.slice('row-'.length));
    if (record.phase === 'request') expect(record.request).toEqual({ id, call: record.callIndex });
    else expect(record.response).toMatchObject({ asked: { id, call: record.callIndex }, answer: id * 10 });
  }
  expect(recordsOf(audit, 'call')).toHaveLength(20 * 3 * 2);
});
