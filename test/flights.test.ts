import { describe, expect, test } from 'vitest';
import { Semaphore, type Permit } from '../src/core/semaphore.ts';
import { Flights, isOverdue, type Flight } from '../src/flights.ts';

const POOL_SIZE = 2;

/** Flights of two permits, on an engine that takes slices behind others and gives them back unless they have begun. */
class Airport {
  readonly semaphore = new Semaphore(POOL_SIZE);
  readonly begun = new Set<Flight>();
  readonly flights: Flights;
  readonly #all: Flight[] = [];

  constructor({ takesBehind = true } = {}) {
    this.flights = new Flights(
      {
        takesBehind: () => takesBehind,
        recall: ({ sliceId }) => !this.begun.has(this.#all[sliceId]!),
      },
      POOL_SIZE,
    );
  }

  start(): Flight {
    const permit = this.semaphore.tryAcquire()!;
    return this.#add(permit, this.flights.laneOf(permit));
  }

  startBehind(before: Flight): Flight {
    return this.#add(undefined, this.flights.laneBehind(before)!, before);
  }

  #add(permit: Permit | undefined, lane: number, before?: Flight): Flight {
    const sliceId = this.#all.length;
    const flight: Flight = {
      slice: {
        sliceId,
        lane,
        behind: before?.slice.lane,
        counter: 1,
        generatedIds: true,
        alone: false,
        rows: [],
      },
      batch: {} as never,
      run: { sequence: sliceId } as never,
      dispatchedAt: 0,
      refusals: 0,
      rowCount: 1,
      probe: false,
      delayMs: 0,
      permit,
      permitAt: 0,
      before,
      next: undefined,
      recalled: false,
    };
    this.#all.push(flight);
    this.flights.add(flight);
    return flight;
  }
}

const all = () => true;

describe('Flights', () => {
  test('land: the permit goes to the flight behind, at that time, and back when there is none', () => {
    const { flights, semaphore, ...port } = airport();
    const first = port.start();
    const second = port.startBehind(first);
    expect(flights.running.list()).toEqual([first]);
    expect(flights.list()).toEqual([first, second]);
    expect(semaphore.available).toBe(1);
    expect(flights.land(first, true, 30)).toBe(second);
    expect(semaphore.available).toBe(1);
    expect(flights.running.list()).toEqual([second]);
    expect([isOverdue(second, 94), isOverdue(second, 95)]).toEqual([false, true]);
    expect(flights.land(second, true, 40)).toBeUndefined();
    expect(semaphore.available).toBe(2);
    expect(flights.list()).toEqual([]);
  });

  test('land: what waits gets no permit when the one before it did not run smoothly', () => {
    const { flights, semaphore, ...port } = airport();
    const first = port.start();
    const second = port.startBehind(first);
    expect(flights.land(first, false, 30)).toBeUndefined();
    expect(semaphore.available).toBe(2);
    expect(flights.list()).toEqual([]);
    expect(flights.land(second, true, 40)).toBeUndefined();
    expect(semaphore.available).toBe(2);
  });

  test('land: a flight that comes back before the one that it waited behind leaves that its permit', () => {
    const { flights, semaphore, ...port } = airport();
    const first = port.start();
    const second = port.startBehind(first);
    expect(flights.land(second, false, 30)).toBeUndefined();
    expect(flights.list()).toEqual([first]);
    expect(semaphore.available).toBe(1);
    expect(flights.land(first, true, 40)).toBeUndefined();
    expect(semaphore.available).toBe(2);
  });

  test('lanes: no two flights share one, and one that was taken back keeps its own until its worker has answered', () => {
    const { flights, ...port } = airport();
    const first = port.start();
    const second = port.start();
    const behindFirst = port.startBehind(first);
    const behindSecond = port.startBehind(second);
    const lanes = [first, second, behindFirst, behindSecond].map(({ slice }) => slice.lane);
    expect(lanes.toSorted()).toEqual([0, 1, 2, 3]);
    expect(flights.laneBehind(first)).toBeUndefined(); // one is there
    expect(flights.laneBehind(behindFirst)).toBeUndefined(); // it holds no permit
    expect(flights.recall(all)).toEqual([behindSecond, behindFirst]);
    expect(flights.laneBehind(first)).toBeUndefined(); // its lane is not free
    flights.land(first, true, 1);
    const third = port.start();
    expect(third.slice.lane).toBe(first.slice.lane);
    flights.land(behindFirst, false, 2);
    expect(flights.laneBehind(third)).toBe(behindFirst.slice.lane);
  });

  test('lanes: an engine that takes no slice behind another gets none', () => {
    const { flights, ...port } = airport({ takesBehind: false });
    expect(flights.laneBehind(port.start())).toBeUndefined();
  });

  test('recall: those asked for that have not begun, the last first', () => {
    const { flights, begun, ...port } = airport();
    const [first, second] = [port.start(), port.start()];
    const [behindFirst, behindSecond] = [port.startBehind(first), port.startBehind(second)];
    begun.add(behindFirst);
    expect(flights.recall((waiting, before) => waiting === behindSecond && before === first)).toEqual([]);
    expect(flights.recall(all)).toEqual([behindSecond]);
    expect([behindFirst.recalled, behindSecond.recalled]).toEqual([false, true]);
    expect(flights.land(second, true, 5)).toBeUndefined();
    expect(flights.land(first, true, 5)).toBe(behindFirst);
    expect(flights.recall(all)).toEqual([]);
  });
});

function airport(options?: { readonly takesBehind: boolean }) {
  const port = new Airport(options);
  return {
    flights: port.flights,
    semaphore: port.semaphore,
    begun: port.begun,
    start: () => port.start(),
    startBehind: (before: Flight) => port.startBehind(before),
  };
}
