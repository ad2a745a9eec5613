import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fifo } from '../../src/core/fifo.ts';
import { collectGarbage } from '../helpers/collect-garbage.ts';

const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('shift' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unshift' as const), count: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
);

describe('Fifo', () => {
  test('an empty queue gives undefined and no items', () => {
    const fifo = new Fifo<number>();
    expect(fifo.size).toBe(0);
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.take(3)).toEqual([]);
    expect(fifo.size).toBe(0);
  });

  test('any sequence of operations does what it does to an array', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.array(operation, { maxLength: 80 }), (initial, operations) => {
        const fifo = new Fifo(initial);
        let model = [...initial];
        let next = 1_000_000;
        for (const step of operations) {
          switch (step.kind) {
            case 'push':
              fifo.push(next);
              model.push(next++);
              break;
            case 'shift':
              expect(fifo.shift()).toBe(model.shift());
              break;
            case 'take':
              expect(fifo.take(step.count)).toEqual(model.splice(0, step.count));
              break;
            case 'unshift': {
              const items = Array.from({ length: step.count }, () => next++);
              fifo.unshift(items);
              model.unshift(...items);
              break;
            }
            case 'clear':
              fifo.clear();
              model = [];
          }
          expect(fifo.size).toBe(model.length);
        }
        expect(fifo.take(Infinity)).toEqual(model);
        expect(fifo.size).toBe(0);
      }),
    );
  });

  test('constructor: the given list is neither changed nor watched', () => {
    const given = [1, 2];
    const fifo = new Fifo(given);
    fifo.push(3);
    given.push(9);
    expect(fifo.take(5)).toEqual([1, 2, 3]);
    expect(given).toEqual([1, 2, 9]);
  });

  test('undefined is an item like any other', () => {
    const fifo = new Fifo<number | undefined>([undefined, 1]);
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.size).toBe(1);
    expect(fifo.shift()).toBe(1);
  });

  test.each([
    ['shift', (fifo: Fifo<object>) => void [fifo.shift(), fifo.shift()]],
    ['take', (fifo: Fifo<object>) => void fifo.take(2)],
  ])('%s: what was taken can be freed while others wait', async (_name, takeTwo) => {
    const fifo = new Fifo<object>();
    const references = Array.from({ length: 4 }, () => {
      const item = {};
      fifo.push(item);
      return new WeakRef(item);
    });
    takeTwo(fifo);
    await collectGarbage();
    expect(references.map((reference) => reference.deref() === undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(fifo.size).toBe(2);
  });
});
