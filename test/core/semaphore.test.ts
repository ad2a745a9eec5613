import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Semaphore, type Permit } from '../../src/core/semaphore.ts';

/** Which lanes are free, longest unused first, and which are held. */
interface Model {
  readonly count: number;
  free: number[];
  held: number[];
}

interface Real {
  readonly semaphore: Semaphore;
  readonly held: Permit[];
  readonly released: Permit[];
}

type Step = fc.Command<Model, Real>;

function checkState(model: Model, { semaphore }: Real): void {
  expect(semaphore.available).toBe(model.free.length);
  expect(semaphore.available + model.held.length).toBe(model.count);
}

class Acquire implements Step {
  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const permit = real.semaphore.tryAcquire();
    const lane = model.free.shift();
    expect(permit?.lane).toBe(lane);
    if (lane !== undefined) model.held.push(lane);
    if (permit !== undefined) real.held.push(permit);
    checkState(model, real);
  }

  toString(): string {
    return 'acquire';
  }
}

class Release implements Step {
  readonly #pick: number;

  constructor(pick: number) {
    this.#pick = pick;
  }

  check({ held }: Readonly<Model>): boolean {
    return held.length > 0;
  }

  run(model: Model, real: Real): void {
    const position = this.#pick % model.held.length;
    model.free.push(...model.held.splice(position, 1));
    const [permit] = real.held.splice(position, 1);
    permit!.release();
    real.released.push(permit!);
    checkState(model, real);
  }

  toString(): string {
    return `release(${this.#pick})`;
  }
}

class ReleaseAgain implements Step {
  readonly #pick: number;

  constructor(pick: number) {
    this.#pick = pick;
  }

  check({ free, held }: Readonly<Model>): boolean {
    return free.length + held.length > 0;
  }

  run(model: Model, real: Real): void {
    const permit = real.released[this.#pick % Math.max(1, real.released.length)];
    if (permit === undefined) return;
    expect(() => permit.release()).toThrow(
      `Cannot release permit of lane ${permit.lane} as it was released before`,
    );
    checkState(model, real);
  }

  toString(): string {
    return `releaseAgain(${this.#pick})`;
  }
}

describe('Semaphore', () => {
  test('any sequence of acquire and release agrees with a list of free lanes', () => {
    const commands = fc.commands(
      [
        fc.constant(new Acquire()),
        fc.nat(20).map((pick) => new Release(pick)),
        fc.nat(20).map((pick) => new ReleaseAgain(pick)),
      ],
      { maxCommands: 60 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), commands, (count, list) => {
        fc.modelRun(
          () => ({
            model: { count, free: Array.from({ length: count }, (_, lane) => lane), held: [] },
            real: { semaphore: new Semaphore(count), held: [], released: [] },
          }),
          list,
        );
      }),
    );
  });

  test('tryAcquire: gives as many permits as there are, then none until one is released', () => {
    const semaphore = new Semaphore(2);
    expect(semaphore.count).toBe(2);
    const first = semaphore.tryAcquire();
    const second = semaphore.tryAcquire();
    expect([first?.lane, second?.lane]).toEqual([0, 1]);
    expect(semaphore.tryAcquire()).toBeUndefined();
    expect(semaphore.available).toBe(0);
    second?.release();
    expect(semaphore.tryAcquire()?.lane).toBe(1);
  });

  test('tryAcquire: the lane that was unused for longest comes first', () => {
    const semaphore = new Semaphore(3);
    semaphore.tryAcquire()?.release();
    expect([
      semaphore.tryAcquire()?.lane,
      semaphore.tryAcquire()?.lane,
      semaphore.tryAcquire()?.lane,
    ]).toEqual([1, 2, 0]);
  });

  test('release: a second time is an error and gives nothing back, also when the lane has a new holder', () => {
    const semaphore = new Semaphore(1);
    const permit = semaphore.tryAcquire();
    permit?.release();
    const next = semaphore.tryAcquire();
    expect(() => permit?.release()).toThrow('Cannot release permit of lane 0 as it was released before');
    expect(semaphore.available).toBe(0);
    next?.release();
    expect(semaphore.available).toBe(1);
  });

  test.each([0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53])('constructor: refuses count %s', (count) => {
    const message = `Cannot create semaphore as 'count' must be a positive integer: received ${count}`;
    expect(() => new Semaphore(count)).toThrow(new RangeError(message));
  });
});
