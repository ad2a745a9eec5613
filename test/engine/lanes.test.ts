import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Lanes, type LaneState } from '../../src/engine/lanes.ts';

/** As many lanes as asked for, each ready for a slice. */
function lanesOf(count: number): Lanes {
  const lanes = new Lanes(count);
  for (let lane = 0; lane < count; lane++) lanes.reset(lane);
  return lanes;
}

const IDLE = { threadId: 0, row: -1, state: 'outside', blame: 'unknown' } as const;

describe('Lanes', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('reset: no thread has taken the slice up, no row has begun, nothing is cancelled', () => {
    const lanes = lanesOf(1);
    lanes.open(0, 7);
    lanes.begin(0, 3, 100);
    lanes.await(0);
    lanes.cancel(0);
    lanes.reset(0);
    expect(lanes.read(0)).toMatchObject(IDLE);
    expect(lanes.isCancelled(0)).toBe(false);
  });

  test('a slice of two rows as the dispatching thread sees it', () => {
    const dispatching = lanesOf(2);
    const running = new Lanes(dispatching.buffer);
    running.open(1, 5);
    expect(dispatching.read(1)).toMatchObject({ threadId: 5, row: -1, state: 'outside' });
    running.enter(1);
    expect(dispatching.read(1)).toMatchObject({ threadId: 5, row: -1, state: 'between-rows' });
    running.begin(1, 0, 100);
    expect(dispatching.read(1)).toMatchObject({ threadId: 5, row: 0, state: 'running', startedMs: 100 });
    running.await(1);
    expect(dispatching.read(1)).toMatchObject({ threadId: 5, row: 0, state: 'awaiting', startedMs: 100 });
    running.end(1);
    expect(dispatching.read(1)).toMatchObject({ threadId: 5, row: 0, state: 'between-rows' });
    running.begin(1, 1, 150.123456);
    expect(dispatching.read(1)).toMatchObject({ threadId: 5, row: 1, state: 'running' });
    expect(dispatching.read(1).startedMs).toBeCloseTo(150.123456, 5);
    running.end(1);
    running.leave(1);
    expect(dispatching.read(1)).toMatchObject({ threadId: 5, row: 1, state: 'outside' });
    expect(dispatching.read(0)).toMatchObject(IDLE);
  });

  test('cancel: seen by the running thread, for this lane alone', () => {
    const dispatching = lanesOf(3);
    const running = new Lanes(dispatching.buffer);
    dispatching.cancel(1);
    expect([0, 1, 2].map((lane) => running.isCancelled(lane))).toEqual([false, true, false]);
  });

  test('recall: either the dispatching thread has the slice back or the running thread has it, never both', () => {
    const dispatching = lanesOf(2);
    const running = new Lanes(dispatching.buffer);
    expect(running.open(0, 5)).toBe(true);
    expect(dispatching.recall(0)).toBe(false);
    expect(dispatching.recall(1)).toBe(true);
    expect(running.open(1, 5)).toBe(false);
    expect(dispatching.read(1).threadId).toBe(0);
    dispatching.reset(1);
    expect(running.open(1, 6)).toBe(true);
  });

  test('read: a lane that goes on to its next row meanwhile is read again, so that row and start belong together', () => {
    const lanes = lanesOf(1);
    lanes.open(0, 5);
    lanes.begin(0, 0, 100);
    const load = Atomics.load.bind(Atomics);
    vi.spyOn(Atomics, 'load').mockImplementationOnce(((cells: Int32Array, index: number) => {
      const seen = load(cells, index);
      lanes.end(0);
      lanes.begin(0, 1, 150);
      return seen;
    }) as typeof Atomics.load);
    expect(lanes.read(0)).toMatchObject({ threadId: 5, row: 1, state: 'running', startedMs: 150 });
  });

  test('any operations on any lanes: each lane says what was said of it last', () => {
    const step = fc.record({
      lane: fc.nat(3),
      action: fc.constantFrom(
        'reset',
        'open',
        'recall',
        'enter',
        'begin',
        'await',
        'resume',
        'end',
        'leave',
        'blame',
        'cancel',
      ),
      value: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lanes = lanesOf(4);
        const model = Array.from({ length: 4 }, () => ({
          ...IDLE,
          startedMs: 0,
          cancelled: false,
          claimed: false,
        })) as (Omit<LaneState, 'state' | 'blame'> & {
          state: LaneState['state'];
          blame: LaneState['blame'];
          cancelled: boolean;
          claimed: boolean;
        })[];
        for (const { lane, action, value } of steps) {
          const own = model[lane]!;
          switch (action) {
            case 'reset':
              lanes.reset(lane);
              Object.assign(own, { ...IDLE, cancelled: false, claimed: false });
              break;
            case 'open':
              expect(lanes.open(lane, value)).toBe(!own.claimed);
              if (!own.claimed) Object.assign(own, { threadId: value, claimed: true });
              break;
            case 'recall':
              expect(lanes.recall(lane)).toBe(!own.claimed);
              own.claimed = true;
              break;
            case 'enter':
              lanes.enter(lane);
              own.state = 'between-rows';
              break;
            case 'leave':
              lanes.leave(lane);
              own.state = 'outside';
              break;
            case 'blame':
              lanes.blame(lane, value % 2 === 0);
              own.blame = value % 2 === 0 ? 'culprit' : 'innocent';
              break;
            case 'begin':
              lanes.begin(lane, value % 100, value);
              Object.assign(own, { row: value % 100, startedMs: value, state: 'running' });
              break;
            case 'await':
              lanes.await(lane);
              own.state = 'awaiting';
              break;
            case 'resume':
              lanes.resume(lane);
              own.state = 'running';
              break;
            case 'end':
              lanes.end(lane);
              own.state = 'between-rows';
              break;
            case 'cancel':
              lanes.cancel(lane);
              own.cancelled = true;
          }
        }
        model.forEach(({ cancelled, claimed: _claimed, ...state }, lane) => {
          expect(lanes.read(lane)).toEqual(state);
          expect(lanes.isCancelled(lane)).toBe(cancelled);
        });
      }),
    );
  });
});
