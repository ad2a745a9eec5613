import { describe, expect, test } from 'vitest';
import type { CallEvent } from '../../src/core/call-event.ts';
import { decode } from '../../src/core/codec.ts';
import { AttemptContext } from '../../src/engine/attempt-context.ts';
import type { CallRecorder } from '../../src/engine/engine.ts';

const IDENTITY = { sliceId: 9, stateId: 'row-4', rowIndex: 4, attempt: 2, nextCallIndex: 3 };

interface Recorded {
  readonly recordCall: CallRecorder;
  /** Each event with its slice, payloads decoded. */
  readonly events: (CallEvent & { sliceId: number })[];
}

function recorder(): Recorded {
  const events: Recorded['events'] = [];
  return {
    events,
    recordCall: (sliceId, event) => {
      const payload = 'payload' in event ? { payload: decode(event.payload) } : {};
      events.push({ sliceId, ...event, ...payload });
      return Promise.resolve();
    },
  };
}

const contextWith = (recordCall?: CallRecorder) => new AttemptContext(IDENTITY, { key: 1 }, recordCall);

describe('AttemptContext', () => {
  test('tells the transform which row and attempt it runs for, and the worker data', () => {
    const { stateId, rowIndex, attempt, workerData } = contextWith();
    expect({ stateId, rowIndex, attempt, workerData }).toEqual({
      stateId: 'row-4',
      rowIndex: 4,
      attempt: 2,
      workerData: { key: 1 },
    });
  });

  test('shows the transform nothing of the executor', () => {
    const shown = Object.keys(contextWith(recorder().recordCall));
    expect(shown.toSorted()).toEqual(['attempt', 'rowIndex', 'stateId', 'workerData']);
  });
});

describe('AttemptContext.signal', () => {
  test('is aborted with the reason, whether it was asked for before or after', () => {
    const reason = new Error('over');
    const before = contextWith();
    const { signal } = before;
    expect(signal.aborted).toBe(false);
    AttemptContext.abort(before, reason);
    expect([signal.aborted, signal.reason, before.signal]).toEqual([true, reason, signal]);
    const after = contextWith();
    AttemptContext.abort(after, reason);
    expect([after.signal.aborted, after.signal.reason]).toEqual([true, reason]);
  });

  test('the first reason stays', () => {
    const context = contextWith();
    expect(AttemptContext.abortReasonOf(context)).toBeUndefined();
    const reason = new Error('first');
    AttemptContext.abort(context, reason);
    AttemptContext.abort(context, new Error('second'));
    expect(AttemptContext.abortReasonOf(context)).toBe(reason);
    expect(context.signal.reason).toBe(reason);
  });
});

describe('AttemptContext.call without a recorder', () => {
  test('passes the request on and the response back as they are', async () => {
    const context = contextWith();
    const request = () => 'can not be cloned';
    expect(await context.call('score', request, (given) => ({ given }))).toEqual({ given: request });
  });

  test('rejects with what the function throws', async () => {
    const reason = new Error('no');
    await expect(contextWith().call('score', 1, () => Promise.reject(reason))).rejects.toBe(reason);
    await expect(
      contextWith().call('score', 1, () => {
        throw reason;
      }),
    ).rejects.toBe(reason);
  });

  test('can be taken out of its context', async () => {
    const { call } = contextWith();
    expect(await call('score', 2, (given) => given * 2)).toBe(4);
  });

  test('counts its calls all the same, from where the last attempt stopped', async () => {
    const context = contextWith();
    expect(AttemptContext.nextCallIndexOf(context)).toBe(3);
    await context.call('score', 1, () => 1);
    await context.call('score', 1, () => Promise.reject(new Error('no'))).catch(() => undefined);
    expect(AttemptContext.nextCallIndexOf(context)).toBe(5);
  });
});

describe('AttemptContext.call with a recorder', () => {
  const about = { sliceId: 9, stateId: 'row-4', attempt: 2, name: 'score' };

  test('records the request before it and the response after it', async () => {
    const { recordCall, events } = recorder();
    const context = contextWith(recordCall);
    const response = await context.call('score', { a: [1] }, (request) => {
      expect(events).toHaveLength(1);
      request.a.push(2);
      return Promise.resolve({ b: request.a });
    });
    expect(response).toEqual({ b: [1, 2] });
    expect(events).toEqual([
      { ...about, callIndex: 3, phase: 'request', payload: { a: [1] } },
      { ...about, callIndex: 3, phase: 'response', payload: { b: [1, 2] } },
    ]);
  });

  test('records the error, and rejects with the error itself', async () => {
    const { recordCall, events } = recorder();
    const reason = Object.assign(new TypeError('no'), { status: 503 });
    const call = contextWith(recordCall).call('score', 1, () => Promise.reject(reason));
    await expect(call).rejects.toBe(reason);
    expect(events).toMatchObject([
      { phase: 'request', payload: 1 },
      {
        ...about,
        callIndex: 3,
        phase: 'error',
        error: { message: 'no', name: 'TypeError', statusCode: 503 },
      },
    ]);
    expect(events[1]).not.toHaveProperty('payload');
  });

  test('each call has an index of its own, also when they overlap', async () => {
    const { recordCall, events } = recorder();
    const context = contextWith(recordCall);
    await Promise.all([context.call('a', 1, () => 1), context.call('b', 2, () => 2)]);
    const indices = events
      .filter(({ phase }) => phase === 'request')
      .map(({ name, callIndex }) => [name, callIndex]);
    expect(indices).toEqual([
      ['a', 3],
      ['b', 4],
    ]);
    expect(AttemptContext.nextCallIndexOf(context)).toBe(5);
  });

  test('runs the function only when the request is durable, and resolves when the response is', async () => {
    const waits: (() => void)[] = [];
    const context = contextWith(
      () =>
        new Promise((resolve) => {
          waits.push(resolve);
        }),
    );
    let ran = false;
    let resolved = false;
    const call = context
      .call('score', 1, () => {
        ran = true;
        return 1;
      })
      .then(() => {
        resolved = true;
      });
    await turnOver();
    expect([waits.length, ran]).toEqual([1, false]);
    waits[0]!();
    await turnOver();
    expect([waits.length, ran, resolved]).toEqual([2, true, false]);
    waits[1]!();
    await call;
  });

  test('a request that can not be cloned rejects without running the function', async () => {
    const { recordCall, events } = recorder();
    const call = contextWith(recordCall).call(
      'score',
      () => 1,
      () => {
        throw new Error('must not run');
      },
    );
    await expect(call).rejects.toThrow(
      /^Cannot record the request of call 'score' as it can not be cloned: .* could not be cloned/,
    );
    await expect(call).rejects.toMatchObject({ name: 'TypeError', cause: { name: 'DataCloneError' } });
    expect(events).toEqual([]);
  });

  test('a request whose getter throws what is no error rejects with it in the message', async () => {
    const request = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw 'not now';
      },
    });
    const call = contextWith(recorder().recordCall).call('score', request, () => 1);
    await expect(call).rejects.toThrow(
      "Cannot record the request of call 'score' as it can not be cloned: not now",
    );
  });

  test('a response that can not be cloned rejects', async () => {
    const { recordCall } = recorder();
    const call = contextWith(recordCall).call('score', 1, () => () => 1);
    await expect(call).rejects.toThrow(
      /^Cannot record the response of call 'score' as it can not be cloned: /,
    );
  });

  test('a trail that can not record rejects the call', async () => {
    const reason = new Error('disk full');
    const call = contextWith(() => Promise.reject(reason)).call('score', 1, () => 1);
    await expect(call).rejects.toBe(reason);
  });
});

/** Everything that can go on without outside help has gone on. */
async function turnOver(): Promise<void> {
  for (let tick = 0; tick < 10; tick++) await Promise.resolve();
}
