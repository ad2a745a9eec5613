import { describe, expect } from 'vitest';
import { MemoryAuditTrail } from '../../src/index.ts';
import { bothEngines } from '../helpers/engines.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { test } from '../helpers/executor-fixture.ts';
import { turns } from '../helpers/event-loop.ts';
import { collect, contextsOf, outputsOf } from '../helpers/rows.ts';
import { recordsOf } from '../helpers/trails.ts';
import { makeTrackedTransform } from '../helpers/transforms.ts';
import mutating, { type MutableRow } from '../workers/mutating-transform.ts';

const makePlain = (): MutableRow => ({ n: 1, text: 'plain', nested: { list: [1, 2] }, gone: 'not yet' });
const makeRich = (): MutableRow => ({
  ...makePlain(),
  map: new Map([['a', [1]]]),
  set: new Set(['s']),
  date: new Date(86_400_000),
  bytes: new Uint8Array([1, 2, 3]),
});

const KINDS: [name: string, make: () => MutableRow][] = [
  ['plain data', makePlain],
  ['Map, Set, Date and typed array', makeRich],
];

function spoil(row: MutableRow): void {
  row.n = 1000;
  row.nested.list.length = 0;
  row.map?.clear();
  row.date?.setTime(1);
  row.bytes?.fill(7);
}

describe.each(bothEngines('mutating-transform.ts', mutating))('rows: I8, $name', ({ transform }) => {
  test.for(KINDS)(
    '%s: neither the caller nor the transform changes what later attempts receive',
    async ([, make], { createExecutor }) => {
      const clock = new FakeClock();
      const audit = new MemoryAuditTrail();
      const executor = createExecutor<MutableRow, MutableRow>({ transform, poolSize: 2, audit }, { clock });
      const row = make();
      const batch = executor.executeBatch(contextsOf([row]));
      spoil(row); // the caller, after the submission
      const result = await clock.runUntil(batch);
      expect(outputsOf(result)).toEqual([make()]);
      expect(result.entries[0]?.attempts).toBe(3);
      expect(recordsOf(audit, 'row').map(({ request }) => request)).toEqual([make()]);
      expect(row).not.toEqual(make());
    },
  );

  test.for(KINDS)('%s: the same object submitted twice is two rows', async ([, make], { createExecutor }) => {
    const clock = new FakeClock();
    const executor = createExecutor<MutableRow, MutableRow>(
      { transform, poolSize: 1, sliceSize: 2 },
      { clock },
    );
    const row = make();
    const result = await clock.runUntil(executor.executeBatch(contextsOf([row, row])));
    expect(outputsOf(result)).toEqual([make(), make()]);
    expect(row).toEqual(make()); // nor does the transform reach the caller's object
  });

  test('stream: a source that hands out one object again and again gives each row its own state', async ({
    createExecutor,
  }) => {
    const clock = new FakeClock();
    const executor = createExecutor<MutableRow, MutableRow>({ transform, poolSize: 2 }, { clock });
    const reused = makePlain();
    const source = function* () {
      for (reused.n = 0; reused.n < 5; reused.n++) yield reused;
    };
    const entries = await clock.runUntil(collect(executor.stream(source(), { window: 5 })));
    expect(outputsOf(entries).map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('outputs in-process', () => {
  test('an object that the transform returns again and again is not shared by the entries', async ({
    createExecutor,
  }) => {
    const shared = { n: 0 };
    const { transform } = makeTrackedTransform((row: number) => {
      shared.n = row;
      return shared;
    });
    const executor = createExecutor({ transform, poolSize: 1 });
    expect(outputsOf(await executor.executeBatch(contextsOf([1, 2, 3])))).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  });

  test('what the transform changes after it has returned does not reach the entry', async ({
    createExecutor,
  }) => {
    const given: Map<string, number>[] = [];
    const { transform } = makeTrackedTransform((row: number) => {
      const output = new Map([['row', row]]);
      given.push(output);
      return output;
    });
    const executor = createExecutor({ transform, poolSize: 1 });
    const stream = executor.stream([1], { window: 1 });
    const first = stream.next();
    await turns();
    given[0]?.set('row', -1);
    expect((await first).value?.result).toEqual({ status: 'success', value: new Map([['row', 1]]) });
    expect((await stream.next()).done).toBe(true);
  });

  test('what the consumer does to an output does not reach the record of it', async ({ createExecutor }) => {
    const audit = new MemoryAuditTrail();
    const { transform } = makeTrackedTransform((row: number) => ({ list: [row] }));
    const executor = createExecutor({ transform, poolSize: 1, audit });
    const [output] = outputsOf(await executor.executeBatch(contextsOf([1])));
    output?.list.push(99);
    expect(recordsOf(audit, 'attempt')[0]?.response).toEqual({ list: [1] });
    expect(recordsOf(audit, 'entry')[0]?.result).toEqual({ status: 'success', value: { list: [1] } });
  });
});

test('rows that have lost their prototype arrive as structured clone carries them', async ({
  createExecutor,
}) => {
  const rows = [[1, 2], new Date(1), new Error('lost'), new Uint8Array(2), { a: [1] }].map(
    (value) => Object.setPrototypeOf(value, null) as unknown,
  );
  const executor = createExecutor({ transform: (row: unknown) => Object.prototype.toString.call(row) });
  const expected = rows.map((row) => Object.prototype.toString.call(structuredClone(row)));
  expect(outputsOf(await executor.executeBatch(contextsOf(rows)))).toEqual(expected);
  for (const row of rows) {
    expect(outputsOf(await executor.executeBatch(contextsOf([[row]])))).toEqual(['[object Array]']);
  }
});
