import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/core/codec.ts';
import { failure, lost, type Outcome } from '../../src/core/outcome.ts';
import { Snapshots } from '../../src/core/snapshot.ts';
import { Moved } from '../../src/core/moved.ts';
import { KeptOutcomes } from '../../src/engine/kept-outcomes.ts';
import type { RowEnd } from '../../src/engine/row-end.ts';
import { cloneableTree, shapeOf } from '../core/arbitrary-values.ts';
import { runs } from '../helpers/runs.ts';

function endOf(value: unknown, other?: Outcome): RowEnd {
  const output = other === undefined ? { snapshot: encode(value), position: 0 } : undefined;
  return { output, other, startedAt: 1.5, finishedAt: 2.5 };
}

/** Values as a slice that keeps its outputs in columns. */
function endsOf(values: readonly unknown[]): RowEnd[] {
  const snapshots = new Snapshots(true);
  return values.map((value, position) => {
    const output = { snapshot: snapshots.take(value, position), position };
    return { output, other: undefined, startedAt: 1.5, finishedAt: 2.5 };
  });
}

describe('KeptOutcomes', () => {
  test('I11 what was kept is read by whoever shares the memory, in order, as it was', () => {
    const outcome = fc.oneof(
      cloneableTree.map((value): [RowEnd, Outcome] => [
        endOf(value),
        { status: 'success', value: structuredClone(value) },
      ]),
      fc.string({ unit: 'binary' }).map((message): [RowEnd, Outcome] => {
        const other = failure('transform_error', message, { details: { message } });
        return [endOf(undefined, other), other];
      }),
    );
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 20 }), fc.nat(2), (ends, lane) => {
        const running = new KeptOutcomes(3);
        running.reset(lane);
        for (const [end] of ends) expect(running.keep(lane, end)).toBe(true);
        const dispatching = new KeptOutcomes(3, running.buffer);
        const kept = dispatching.read(lane);
        expect(kept.map((record) => shapeOf(record.outcome))).toEqual(
          ends.map(([, expected]) => shapeOf(expected)),
        );
        for (const record of kept) expect(record).toMatchObject({ startedAt: 1.5, finishedAt: 2.5 });
      }),
      { numRuns: runs(40, 500) },
    );
  });

  test('I11 outputs in columns are read as they were where a row has changed how JSON is made', () => {
    const outputs = [
      { id: 1, list: [1, 2] },
      { id: 2, list: [] },
    ];
    const running = new KeptOutcomes(1);
    running.reset(0);
    const ends = endsOf(outputs);
    Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'changed', configurable: true });
    try {
      expect(ends.map((end) => running.keep(0, end))).toEqual([true, true]);
    } finally {
      Reflect.deleteProperty(Array.prototype, 'toJSON');
    }
    expect(running.read(0).map(({ outcome }) => outcome)).toEqual(
      outputs.map((value) => ({ status: 'success', value })),
    );
  });

  test('I11 outputs in columns are read as they were', () => {
    const like = fc.record({ id: fc.double(), name: fc.string({ unit: 'binary' }), more: cloneableTree });
    const values = fc.array(fc.oneof({ weight: 5, arbitrary: like }, cloneableTree), { maxLength: 20 });
    fc.assert(
      fc.property(values, (outputs) => {
        const running = new KeptOutcomes(1);
        running.reset(0);
        for (const end of endsOf(outputs)) expect(running.keep(0, end)).toBe(true);
        const kept = new KeptOutcomes(1, running.buffer).read(0);
        expect(kept.map(({ outcome }) => shapeOf(outcome))).toEqual(
          outputs.map((value) => shapeOf({ status: 'success', value: structuredClone(value) })),
        );
      }),
      { numRuns: runs(40, 500) },
    );
  });

  const text = fc.string({ unit: fc.constantFrom('a', '\n', '"', 'é', '€', '😀') });
  const textEnd = (value: string): RowEnd => ({ ...endOf(undefined), text: value, output: undefined });

  test('I11 outputs that are strings are given as texts, and read as they were', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (outputs) => {
        const running = new KeptOutcomes(2);
        running.reset(1);
        for (const output of outputs) expect(running.keep(1, textEnd(output))).toBe(true);
        const dispatching = new KeptOutcomes(2, running.buffer);
        const texts = dispatching.texts(1);
        expect(dispatching.read(1).map(({ outcome }) => outcome)).toEqual(
          outputs.map((value) => ({ status: 'success', value })),
        );
        running.reset(1);
        running.keep(1, textEnd('of the next slice'));
        expect(texts.list(), 'a copy').toEqual(outputs);
      }),
      { numRuns: runs(40, 500) },
    );
  });

  test('I11 strings stand among outputs and outcomes of any kind', () => {
    const end = fc.oneof(
      text.map((value): [RowEnd, unknown] => [textEnd(value), value]),
      cloneableTree.map((value): [RowEnd, unknown] => [endOf(value), structuredClone(value)]),
    );
    fc.assert(
      fc.property(fc.array(end, { maxLength: 20 }), (ends) => {
        const kept = new KeptOutcomes(1);
        kept.reset(0);
        for (const [each] of ends) expect(kept.keep(0, each)).toBe(true);
        expect(kept.read(0).map(({ outcome }) => shapeOf(outcome))).toEqual(
          ends.map(([, value]) => shapeOf({ status: 'success', value })),
        );
      }),
      { numRuns: runs(40, 500) },
    );
  });

  test('strings that do not fit any more are not kept, and hurt nothing', () => {
    const kept = new KeptOutcomes(1);
    kept.reset(0);
    let count = 0;
    while (kept.keep(0, textEnd('é'.repeat(1_000)))) count++;
    expect(count).toBeGreaterThan(400);
    expect(kept.texts(0).list()).toEqual(Array.from({ length: count }, () => 'é'.repeat(1_000)));
  });

  test('columns that do not fit any more are not kept, and hurt nothing', () => {
    const kept = new KeptOutcomes(1);
    kept.reset(0);
    const ends = endsOf(Array.from({ length: 200 }, (_, id) => ({ id, text: 'é'.repeat(5_000) })));
    const count = ends.findIndex((end) => !kept.keep(0, end));
    expect(count).toBeGreaterThan(50);
    expect(kept.read(0)).toHaveLength(count);
  });

  test('a slice begins with an empty list, whatever was kept before', () => {
    const kept = new KeptOutcomes(1);
    kept.reset(0);
    kept.keep(0, endOf('a'));
    kept.keep(0, endOf('b'));
    kept.reset(0);
    expect(kept.read(0)).toEqual([]);
    kept.keep(0, endOf('c'));
    expect(kept.read(0)).toMatchObject([{ outcome: { value: 'c' } }]);
  });

  test.each([
    ['text', 'é'.repeat(1 << 20)],
    ['a clone', new Map([[1, 'é'.repeat(1 << 20)]])],
    ['what only messages carry', new SharedArrayBuffer(8)],
    ['what is handed over', new Moved({ value: new Uint8Array(8), buffers: [] })],
  ])('%s that does not fit is not kept, and hurts nothing', (_, value) => {
    const kept = new KeptOutcomes(2);
    for (const lane of [0, 1]) {
      kept.reset(lane);
      kept.keep(lane, endOf('first'));
    }
    const output = { snapshot: value, position: 0 };
    expect(kept.keep(0, { ...endOf('first'), output })).toBe(false);
    expect(kept.read(0)).toMatchObject([{ outcome: { value: 'first' } }]);
    expect(kept.read(1)).toMatchObject([{ outcome: { value: 'first' } }]);
  });

  test.each([1, 2, 3, 100, 4_096])('%d lanes fill up one by one', (lanes) => {
    const kept = new KeptOutcomes(lanes);
    const last = lanes - 1;
    kept.reset(last);
    let count = 0;
    for (const value of [
      'x'.repeat(1_000),
      7,
      undefined,
      new Map([[1, 2]]),
      lost('gone', 'suspect'),
    ] as const) {
      while (kept.keep(last, endOf(value))) count++;
    }
    expect(count).toBeGreaterThan(15);
    expect(kept.read(last)).toHaveLength(count);
  });
});
