import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReorderBuffer } from '../../src/core/reorder-buffer.ts';

/** What was completed, by index, and how far it was drained. */
interface Model {
  submitted: number;
  drained: number;
  /** By index: a value, or nothing where one before it stands for that index too. */
  readonly values: Map<number, readonly unknown[]>;
}

type Real = ReorderBuffer<unknown>;
type Step = fc.Command<Model, Real>;

function checkState(model: Model, real: Real): void {
  expect(real.size).toBe(model.submitted - model.drained);
}

class Submit implements Step {
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    expect(real.submit(this.#count)).toBe(model.submitted);
    model.submitted += this.#count;
    checkState(model, real);
  }

  toString(): string {
    return `submit x${this.#count}`;
  }
}

class Complete implements Step {
  readonly #pick: number;
  readonly #value: unknown;
  readonly #count: number;

  constructor(pick: number, value: unknown, count: number) {
    this.#pick = pick;
    this.#value = value;
    this.#count = count;
  }

  check({ submitted }: Readonly<Model>): boolean {
    return submitted > 0;
  }

  run(model: Model, real: Real): void {
    // from 2 below what is open to 2 above: indices that must be refused are tried too
    const first = model.drained - 2 + (this.#pick % (model.submitted - model.drained + 4));
    const indices = Array.from({ length: this.#count }, (_, offset) => first + offset);
    const isOpen = (index: number) =>
      index >= model.drained && index < model.submitted && !model.values.has(index);
    const complete = () => {
      real.complete(first, this.#value, this.#count);
    };
    const refused = indices.find((index) => !isOpen(index));
    if (refused === undefined) {
      complete();
      for (const index of indices) model.values.set(index, index === first ? [this.#value] : []);
    } else {
      expect(complete).toThrow(
        `Cannot complete index ${refused} as it is not reserved or was completed before`,
      );
    }
    checkState(model, real);
  }

  toString(): string {
    return `complete(${this.#pick}, ${fc.stringify(this.#value)}, ${this.#count})`;
  }
}

class Drain implements Step {
  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const expected: unknown[] = [];
    for (;;) {
      const values = model.values.get(model.drained);
      if (values === undefined) break;
      expected.push(...values);
      model.drained++;
    }
    expect(real.drain()).toStrictEqual(expected);
    checkState(model, real);
  }

  toString(): string {
    return 'drain';
  }
}

const value = fc.constantFrom<unknown>(undefined, null, false, 0, '', NaN, 'value', Symbol('empty'));

describe('ReorderBuffer', () => {
  test('any sequence of submit, complete and drain agrees with a map, for any initial capacity', () => {
    const commands = fc.commands(
      [
        fc.integer({ min: 1, max: 9 }).map((count) => new Submit(count)),
        // anywhere, or near the head, without which nothing is drained
        ...[fc.nat(), fc.integer({ min: 2, max: 4 })].map((pick) =>
          fc.tuple(pick, value, fc.integer({ min: 1, max: 3 })).map((given) => new Complete(...given)),
        ),
        fc.constant(new Drain()),
      ],
      { maxCommands: 80 },
    );
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: -3, max: 20 }), { nil: undefined }),
        commands,
        (capacity, list) => {
          fc.modelRun(
            () => ({
              model: { submitted: 0, drained: 0, values: new Map<number, readonly unknown[]>() },
              real: new ReorderBuffer<unknown>(capacity),
            }),
            list,
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  test.each([null, undefined, false, 0, '', NaN])('%s is a value, and holds up nothing', (value) => {
    const buffer = new ReorderBuffer<unknown>();
    for (const item of [value, 'next']) buffer.complete(buffer.submit(), item);
    expect(buffer.drain()).toEqual([value, 'next']);
    expect(buffer.size).toBe(0);
  });

  test('any order of completion gives the order of submission, drained at every step', () => {
    const orders = fc.integer({ min: 0, max: 100 }).chain((length) =>
      fc.shuffledSubarray(
        Array.from({ length }, (_, index) => index),
        { minLength: length },
      ),
    );
    fc.assert(
      fc.property(orders, (order) => {
        const buffer = new ReorderBuffer<number>(1);
        for (const index of order.toSorted((a, b) => a - b)) expect(buffer.submit()).toBe(index);
        const values: number[] = [];
        for (const index of order) {
          buffer.complete(index, index);
          values.push(...buffer.drain());
        }
        expect(values).toEqual(order.toSorted((a, b) => a - b));
        expect(buffer.size).toBe(0);
      }),
    );
  });

  test.each([0, 1, 2, 3, 5, 16, 20, -1])('constructor: capacity %i is only a beginning', (capacity) => {
    const buffer = new ReorderBuffer<number>(capacity);
    for (let index = 0; index < 70; index++) buffer.submit();
    for (let index = 69; index >= 0; index--) buffer.complete(index, index);
    expect(buffer.drain()).toEqual(Array.from({ length: 70 }, (_, index) => index));
  });

  test('submit: values that wait stay in their places when the buffer grows, also when it has gone round', () => {
    const buffer = new ReorderBuffer<string>(4);
    for (const value of ['0', '1', '2']) buffer.complete(buffer.submit(), value);
    expect(buffer.drain()).toEqual(['0', '1', '2']);
    for (let index = 3; index < 7; index++) expect(buffer.submit()).toBe(index); // full, in places 3 0 1 2
    buffer.complete(4, '4');
    buffer.complete(6, '6');
    for (let index = 7; index < 20; index++) expect(buffer.submit()).toBe(index);
    for (const index of [4, 6]) {
      expect(() => buffer.complete(index, 'again')).toThrow('was completed before');
    }
    buffer.complete(3, '3');
    expect(buffer.drain()).toEqual(['3', '4']);
    buffer.complete(5, '5');
    expect(buffer.drain()).toEqual(['5', '6']);
    expect(buffer.size).toBe(13);
  });

  test('drain: waits at the first value that is missing, and holds the rest', () => {
    const buffer = new ReorderBuffer<string>();
    buffer.submit();
    buffer.submit();
    buffer.submit();
    buffer.complete(1, 'b');
    expect(buffer.drain()).toEqual([]);
    buffer.complete(0, 'a');
    expect(buffer.drain()).toEqual(['a', 'b']);
    expect(buffer.size).toBe(1);
  });

  test('drain: each value comes once', () => {
    const buffer = new ReorderBuffer<number>(2);
    for (let index = 0; index < 3; index++) buffer.complete(buffer.submit(), index);
    expect([buffer.drain(), buffer.drain(), buffer.size]).toEqual([[0, 1, 2], [], 0]);
  });

  test('complete: refuses an index that is not reserved, was completed, or was drained', () => {
    const buffer = new ReorderBuffer<number>();
    const refusal = (index: number) =>
      `Cannot complete index ${index} as it is not reserved or was completed before`;
    expect(() => buffer.complete(0, 1)).toThrow(refusal(0));
    buffer.submit();
    buffer.complete(0, 1);
    expect(() => buffer.complete(0, 2)).toThrow(refusal(0));
    expect(buffer.drain()).toEqual([1]);
    expect(() => buffer.complete(0, 3)).toThrow(refusal(0));
    expect(() => buffer.complete(-1, 3)).toThrow(refusal(-1));
    expect(buffer.size).toBe(0);
  });
});
