import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BinaryHeap } from '../../src/core/binary-heap.ts';

interface Item {
  readonly key: number;
  readonly id: number;
}

const byKey = (a: Item, b: Item) => a.key < b.key;
const itemsOf = (keys: readonly number[]) => keys.map((key, id): Item => ({ key, id }));
const sortedKeys = (items: readonly Item[]) => items.map(({ key }) => key).sort((a, b) => a - b);

function heapOf(items: readonly Item[]): BinaryHeap<Item> {
  const heap = new BinaryHeap<Item>(byKey);
  for (const item of items) heap.push(item);
  return heap;
}

function drain(heap: BinaryHeap<Item>): Item[] {
  const drained: Item[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) drained.push(item);
  return drained;
}

const keys = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 });

describe('BinaryHeap', () => {
  test('an empty heap has nothing to peek at, to pop or to list, and popping leaves it empty', () => {
    const heap = new BinaryHeap<Item>(byKey);
    expect(heap.peek()).toBeUndefined();
    expect(heap.pop()).toBeUndefined();
    expect(heap.size).toBe(0);
    expect(heap.items).toEqual([]);
  });

  test('pop: the last item leaves an empty heap', () => {
    const [item] = itemsOf([7]);
    const heap = heapOf([item!]);
    expect(heap.pop()).toBe(item);
    expect(heap.size).toBe(0);
    expect(heap.pop()).toBeUndefined();
  });

  test('push and pop: any items come out by key, each once', () => {
    fc.assert(
      fc.property(keys, (list) => {
        const items = itemsOf(list);
        const heap = heapOf(items);
        expect(heap.size).toBe(items.length);
        const drained = drain(heap);
        expect(drained.map(({ key }) => key)).toEqual(sortedKeys(items));
        expect(new Set(drained)).toEqual(new Set(items));
      }),
    );
  });

  test('any sequence of push, pop and remove: peek and pop agree with a sorted list', () => {
    const operations = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), key: fc.nat(30) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: fc.constant('remove' as const),
            modulus: fc.integer({ min: 2, max: 5 }),
          }),
        },
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(operations, (list) => {
        const heap = new BinaryHeap<Item>(byKey);
        let model: Item[] = [];
        let id = 0;
        for (const operation of list) {
          if (operation.kind === 'push') {
            const item = { key: operation.key, id: id++ };
            heap.push(item);
            model.push(item);
          } else if (operation.kind === 'pop') {
            const least = sortedKeys(model)[0];
            expect(heap.peek()?.key).toBe(least);
            const popped = heap.pop();
            expect(popped?.key).toBe(least);
            model = model.filter((item) => item !== popped);
          } else {
            const condition = ({ key }: Item) => key % operation.modulus === 0;
            expect(new Set(heap.remove(condition))).toEqual(new Set(model.filter(condition)));
            model = model.filter((item) => !condition(item));
          }
          expect(heap.size).toBe(model.length);
          expect(new Set(heap.items)).toEqual(new Set(model));
        }
        expect(drain(heap).map(({ key }) => key)).toEqual(sortedKeys(model));
      }),
    );
  });

  test('remove: what does not match stays in order', () => {
    fc.assert(
      fc.property(keys, fc.nat(20), (list, limit) => {
        const heap = heapOf(itemsOf(list));
        const removed = heap.remove(({ key }) => key < limit);
        expect(sortedKeys(removed)).toEqual(list.filter((key) => key < limit).sort((a, b) => a - b));
        expect(drain(heap).map(({ key }) => key)).toEqual(
          list.filter((key) => key >= limit).sort((a, b) => a - b),
        );
      }),
    );
  });
});
