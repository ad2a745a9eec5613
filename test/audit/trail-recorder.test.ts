import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditRecord, AuditTrail } from '../../src/audit/audit-trail.ts';
import { TrailRecorder, type RecorderTarget } from '../../src/audit/trail-recorder.ts';

interface Append {
  readonly records: readonly AuditRecord[];
  readonly end: PromiseWithResolvers<void>;
}

/** A trail whose appends end when the test says so. */
class HeldTrail implements AuditTrail {
  readonly appends: Append[] = [];

  append(records: readonly AuditRecord[]): Promise<void> {
    const end = Promise.withResolvers<void>();
    this.appends.push({ records: [...records], end });
    return end.promise;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The `at` of each record, append by append. */
  get written(): number[][] {
    return this.appends.map(({ records }) => records.map(({ at }) => at));
  }
}

function recordOf(at: number): AuditRecord {
  return {
    kind: 'call',
    runId: 'r',
    batchId: 'b',
    at,
    stateId: 's',
    callIndex: 0,
    attempt: 1,
    name: 'n',
    phase: 'error',
  };
}

const recordsOf = (...ats: readonly number[]) => ats.map(recordOf);

/** Takes records down as they are. */
function targetOf(trail: AuditTrail, onAdd: () => void = () => undefined): RecorderTarget<AuditRecord> {
  return {
    open: () => {
      const taken: AuditRecord[] = [];
      return {
        add: (records) => {
          onAdd();
          taken.push(...records);
        },
        append: () => trail.append(taken),
      };
    },
  };
}

function recorderOf(trail: AuditTrail = new HeldTrail(), onAdd?: () => void) {
  const failures: Error[] = [];
  return { failures, recorder: new TrailRecorder(targetOf(trail, onAdd), (error) => failures.push(error)) };
}

/** Follows a promise without waiting for it. */
function follow(promise: Promise<void>): { state: 'pending' | 'durable' | 'failed'; reason?: unknown } {
  const followed: { state: 'pending' | 'durable' | 'failed'; reason?: unknown } = { state: 'pending' };
  promise.then(
    () => {
      followed.state = 'durable';
    },
    (reason: unknown) => {
      Object.assign(followed, { state: 'failed', reason });
    },
  );
  return followed;
}

/** Everything that can go on without the trail has gone on. */
async function turnOver(): Promise<void> {
  for (let tick = 0; tick < 20; tick++) await Promise.resolve();
}

describe('TrailRecorder', () => {
  test('record: is durable when the append is, not before', async () => {
    const trail = new HeldTrail();
    const { recorder, failures } = recorderOf(trail);
    const first = follow(recorder.record(recordsOf(1, 2)));
    expect(trail.written).toEqual([[1, 2]]);
    await turnOver();
    expect(first.state).toBe('pending');
    trail.appends[0]!.end.resolve();
    await turnOver();
    expect([first.state, recorder.failure, failures.length]).toEqual(['durable', undefined, 0]);
  });

  test('record: what comes during an append is gathered for the next, in order', async () => {
    const trail = new HeldTrail();
    const { recorder } = recorderOf(trail);
    const followed = [1, 2, 3].map((at) => follow(recorder.record(recordsOf(at, at + 10))));
    await turnOver();
    expect(trail.written).toEqual([[1, 11]]);
    trail.appends[0]!.end.resolve();
    await turnOver();
    expect(trail.written).toEqual([
      [1, 11],
      [2, 12, 3, 13],
    ]);
    expect(followed.map(({ state }) => state)).toEqual(['durable', 'pending', 'pending']);
    trail.appends[1]!.end.resolve();
    await turnOver();
    expect(followed.map(({ state }) => state)).toEqual(['durable', 'durable', 'durable']);
  });

  test('record: items are taken down while an append is under way', () => {
    const trail = new HeldTrail();
    let taken = 0;
    const { recorder } = recorderOf(trail, () => taken++);
    void recorder.record(recordsOf(1));
    void recorder.record(recordsOf(2));
    expect([trail.written, taken]).toEqual([[[1]], 2]);
  });

  test('record: items that can not be taken down fail, and all that comes later', async () => {
    const trail = new HeldTrail();
    const { recorder, failures } = recorderOf(trail, () => {
      throw new Error('no such item');
    });
    const followed = [1, 2].map((at) => follow(recorder.record(recordsOf(at))));
    await turnOver();
    expect(followed.map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(failures).toEqual([recorder.failure]);
    expect(recorder.failure?.message).toBe('Cannot record to the audit trail: no such item');
    expect(trail.written).toEqual([]);
  });

  test('recordAwaited: ends the pause before the append that will hold it; record does not', async () => {
    const trail = new HeldTrail();
    let pause = Promise.withResolvers<void>();
    const pacer = {
      pause: () => pause.promise,
      hurry: () => pause.resolve(),
      onAppended: () => undefined,
    };
    const recorder = new TrailRecorder(targetOf(trail), () => undefined, pacer);
    void recorder.record(recordsOf(1));
    await turnOver();
    expect(trail.written).toEqual([]);
    const awaited = follow(recorder.recordAwaited(recordsOf(2)));
    await turnOver();
    expect(trail.written).toEqual([[1, 2]]);
    pause = Promise.withResolvers();
    trail.appends[0]!.end.resolve();
    await turnOver();
    expect(awaited.state).toBe('durable');
  });

  test('record: a recorder that was idle writes again at once', async () => {
    const trail = new HeldTrail();
    const { recorder } = recorderOf(trail);
    void recorder.record(recordsOf(1));
    trail.appends[0]!.end.resolve();
    await turnOver();
    void recorder.record(recordsOf(2));
    expect(trail.written).toEqual([[1], [2]]);
  });

  test('record: the list of the caller may change afterwards', async () => {
    const trail = new HeldTrail();
    const { recorder } = recorderOf(trail);
    void recorder.record(recordsOf(1));
    const list = recordsOf(2);
    void recorder.record(list);
    list.push(recordOf(99));
    trail.appends[0]!.end.resolve();
    await turnOver();
    expect(trail.written).toEqual([[1], [2]]);
  });

  test.each<[string, (reason: unknown) => Promise<void>]>([
    ['rejects', (reason) => Promise.reject(reason)],
    [
      'throws',
      (reason) => {
        throw reason;
      },
    ],
  ])(
    'I10 a trail that %s: what is under way, gathered and later fails, and its owner is told once',
    async (_how, fail) => {
      const reason = new Error('disk full');
      const gate = Promise.withResolvers<void>();
      let appends = 0;
      const { recorder, failures } = recorderOf({
        append: async () => {
          appends++;
          await gate.promise;
          return fail(reason);
        },
        close: () => Promise.resolve(),
      });
      const followed = [1, 2].map((at) => follow(recorder.record(recordsOf(at))));
      gate.resolve();
      await turnOver();
      const later = follow(recorder.record(recordsOf(3)));
      await turnOver();
      const error = recorder.failure;
      expect(error).toMatchObject({ message: 'Cannot record to the audit trail: disk full', cause: reason });
      expect([...followed, later]).toEqual([1, 2, 3].map(() => ({ state: 'failed', reason: error })));
      expect(failures).toEqual([error]);
      expect(appends).toBe(1);
    },
  );

  test('I10 a trail that throws before it returns a promise fails like one that rejects', async () => {
    const { recorder, failures } = recorderOf({
      append: () => {
        throw new TypeError('closed');
      },
      close: () => Promise.resolve(),
    });
    await expect(recorder.record(recordsOf(1))).rejects.toThrow('Cannot record to the audit trail: closed');
    expect(failures).toEqual([recorder.failure]);
  });

  test.each<[string, () => unknown]>([
    ['a text', () => 'disk full'],
    ['undefined', () => undefined],
    ['a symbol', () => Symbol('s')],
    ['an object without a prototype', () => Object.create(null) as unknown],
    ['an object that can not be made a text', () => ({ toString: 1, valueOf: 1 })],
  ])('I10 whatever the trail rejects with, the records fail: %s', async (_name, make) => {
    const reason = make();
    const { recorder, failures } = recorderOf({
      append: () => Promise.reject(reason),
      close: () => Promise.resolve(),
    });
    const followed = follow(recorder.record(recordsOf(1)));
    await turnOver();
    expect(followed).toEqual({ state: 'failed', reason: recorder.failure });
    expect(recorder.failure?.message).toMatch(/^Cannot record to the audit trail: /);
    expect(failures).toEqual([recorder.failure]);
    expect(recorder.failure?.cause).toBe(reason);
  });

  test('any timing of records and appends: all are written once, in order, and durable exactly when their append is', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('record' as const), count: fc.nat(3) }),
      fc.record({ kind: fc.constant('append ends' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const trail = new HeldTrail();
        const { recorder } = recorderOf(trail);
        const given: { readonly ats: number[]; readonly followed: { readonly state: string } }[] = [];
        let at = 0;
        let ended = 0;
        const check = () => {
          const durable = new Set(trail.written.slice(0, ended).flat());
          for (const { ats, followed } of given) {
            if (ats.length > 0)
              expect(followed.state === 'durable').toBe(ats.every((one) => durable.has(one)));
          }
        };
        for (const next of steps) {
          if (next.kind === 'record') {
            const ats = Array.from({ length: next.count }, () => at++);
            given.push({ ats, followed: follow(recorder.record(recordsOf(...ats))) });
          } else if (ended < trail.appends.length) trail.appends[ended++]!.end.resolve();
          await turnOver();
          check();
        }
        while (ended < trail.appends.length) {
          trail.appends[ended++]!.end.resolve();
          await turnOver();
        }
        expect(trail.written.flat()).toEqual(Array.from({ length: at }, (_, index) => index));
        expect(given.every(({ followed }) => followed.state === 'durable')).toBe(true);
      }),
    );
  });
});
