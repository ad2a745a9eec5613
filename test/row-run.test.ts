import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, decodeList } from '../src/core/codec.ts';
import { generatedStateId } from '../src/core/generated-id.ts';
import { Snapshots } from '../src/core/snapshot.ts';
import type { RowName } from '../src/pending-row.ts';
import { RowRun } from '../src/row-run.ts';
import { TextGroup } from '../src/core/text-group.ts';
import { range } from './helpers/rows.ts';
import { textRowsOf } from './helpers/text-rows.ts';

interface Holder {
  inBackoff: number;
}

type Run = RowRun<Holder>;

/** A row as it was handed over. */
interface Given {
  readonly value: unknown;
  readonly submitIndex: number;
  readonly submittedAt: number;
  readonly name: RowName | undefined;
}

/** Rows that are handed over together. */
interface Admitted {
  readonly count: number;
  /** Rows before it that were refused, or given back, or of another batch. */
  readonly gap: number;
  /** Others that its columns have before the rows and behind them. */
  readonly around: number;
  /** Whether each row came at its own time. */
  readonly isOneByOne: boolean;
}

interface Admission {
  readonly run: Run;
  readonly given: readonly Given[];
}

const ALONE = { gap: 0, around: 0, isOneByOne: false };

/** One batch's admissions, one after another. */
function admit(plan: readonly Admitted[], { named = false } = {}): Admission[] {
  const batch: Holder = { inBackoff: 0 };
  const snapshots = new Snapshots(true);
  let next = 0;
  return plan.map(({ count, gap, around, isOneByOne }) => {
    const first = next + gap;
    next = first + count;
    const given = range(count).map((index): Given => {
      const submitIndex = first + index;
      return {
        value: { id: submitIndex, text: `row ${submitIndex}` },
        submitIndex,
        submittedAt: isOneByOne ? submitIndex / 8 : first,
        name: named ? { stateId: `id-${submitIndex}`, rowIndex: 1_000 - submitIndex } : undefined,
      };
    });
    const column = <Value>(valueOf: (row: Given) => Value, other: Value): Value[] => {
      const others = new Array<Value>(around).fill(other);
      return [...others, ...given.map((row) => valueOf(row)), ...others];
    };
    const run = RowRun.ofNew(batch, {
      sequence: 10 * first,
      submitIndex: first,
      count,
      offset: around,
      snapshots: column(({ value, submitIndex }) => snapshots.take(value, submitIndex), 'another row'),
      submittedAt: isOneByOne ? column(({ submittedAt }) => submittedAt, -1) : first,
      names: named ? column(({ name }) => name as RowName, { stateId: 'another', rowIndex: -1 }) : undefined,
    });
    return { run, given };
  });
}

/** One admission. */
function admitted(count: number, options?: { readonly named: boolean }): Admission {
  const [admission] = admit([{ ...ALONE, around: 3, count }], options);
  return admission!;
}

function joinAll(runs: readonly Run[]): Run {
  const [first, ...others] = runs;
  return RowRun.join([first!, ...others]);
}

function expectColumns(run: Run, given: readonly Given[]): void {
  const { columns } = run;
  expect(columns).toMatchObject({ count: given.length, firstRowIndex: given[0]!.submitIndex });
  expect(columns!.names).toEqual(given[0]!.name === undefined ? undefined : given.map(({ name }) => name));
  expect(decodeList(structuredClone(columns!.rows))).toEqual(given.map(({ value }) => value));
}

/** What goes on record. */
function expectRecorded(run: Run, given: readonly Given[], attempt: number): void {
  expect(
    given.map((_, index) => ({
      rowIndex: run.rowIndexAt(index),
      stateId: run.stateIdAt(index),
      attempt: run.attemptAt(index),
    })),
  ).toEqual(
    given.map(({ submitIndex, name }) => ({
      rowIndex: name?.rowIndex ?? submitIndex,
      stateId: name?.stateId ?? generatedStateId(submitIndex),
      attempt,
    })),
  );
  expect(run.encoded.map((encoded) => decode(encoded))).toEqual(given.map(({ value }) => value));
}

/** Asks for the rows last, as a run is no longer a range of columns after that. */
function expectRows(run: Run, given: readonly Given[], attempt = 0): void {
  expect(run.size).toBe(given.length);
  expect(run.submitIndex).toBe(given[0]!.submitIndex);
  if (run.isFresh) {
    expectColumns(run, given);
    expect(given.map((_, index) => run.submittedAt(index))).toEqual(
      given.map(({ submittedAt }) => submittedAt),
    );
  } else {
    expect(run.columns).toBeUndefined();
  }
  expectRecorded(run, given, attempt);
  const { rows } = run;
  expectRecorded(run, given, attempt); // the same when each has its object
  expect(
    rows.map(({ submitIndex, submittedAt, stateId, rowIndex }) => ({
      submitIndex,
      submittedAt,
      stateId,
      rowIndex,
    })),
  ).toEqual(
    given.map(({ submitIndex, submittedAt, name }) => ({
      submitIndex,
      submittedAt,
      stateId: name?.stateId ?? `row-${submitIndex}`,
      rowIndex: name?.rowIndex ?? submitIndex,
    })),
  );
  expect(decodeList(structuredClone(rows.map(({ encoded }) => encoded)))).toEqual(
    given.map(({ value }) => value),
  );
  expect(rows.map((row) => row.attempt)).toEqual(given.map(() => attempt));
}

describe('RowRun.cut', () => {
  test.each([false, true])('gives the first rows and the others; with names: %o', (named) => {
    const { run, given } = admitted(20, { named });
    const [first, rest] = run.cut(12);
    expect([first.sequence, rest.sequence]).toEqual([0, 12]);
    expectRows(first, given.slice(0, 12));
    expectRows(rest, given.slice(12));
  });

  test('of rows that have their objects gives these objects', () => {
    const { run } = admitted(5);
    const { rows } = run;
    rows[3]!.noteCalls(2);
    const [first, rest] = run.cut(2);
    expect(first.rows).toEqual(rows.slice(0, 2));
    expect(rest.rows.map((row) => row.nextCallIndex)).toEqual([0, 2, 0]);
    expect([first.isFresh, rest.isFresh, rest.submitIndex]).toEqual([false, false, 2]);
  });
});

describe('RowRun.join', () => {
  test('of one run is that run', () => {
    const { run } = admitted(3);
    expect(joinAll([run])).toBe(run);
  });

  test('of pieces of one admission is a range of its columns', () => {
    const { run, given } = admitted(20);
    const [first, rest] = run.cut(5);
    const [second, third] = rest.cut(6);
    const joined = joinAll([second, third]);
    expect(joined.isFresh).toBe(true);
    expectRows(joined, given.slice(5));
    expectRows(first, given.slice(0, 5));
  });

  test('over a gap keeps to the rows that there are', () => {
    const [first, second] = admit([
      { ...ALONE, count: 4 },
      { ...ALONE, gap: 2, count: 3 },
    ]);
    const joined = joinAll([first!.run, second!.run]);
    expect(joined.isFresh).toBe(false);
    expectRows(joined, [...first!.given, ...second!.given]);
  });

  test('with rows that have their objects keeps what has happened to them', () => {
    const { run, given } = admitted(8);
    const [first, rest] = run.cut(3);
    rest.rows[0]!.noteCalls(4);
    const joined = joinAll([first, rest]);
    expectRows(joined, given);
    expect(joined.rows.map(({ nextCallIndex }) => nextCallIndex)).toEqual([0, 0, 0, 4, 0, 0, 0, 0]);
  });
});

describe('RowRun.texts', () => {
  /** Rows that were taken as texts, some after another. */
  function textRuns(...groups: readonly (readonly string[])[]): Run[] {
    const batch: Holder = { inBackoff: 0 };
    let submitIndex = 0;
    return groups.map((texts) => {
      const group = new TextGroup(textRowsOf(texts), submitIndex);
      const snapshots = texts.map(() => group);
      const place = { sequence: submitIndex, submitIndex, submittedAt: 0, offset: 0, names: undefined };
      submitIndex += texts.length;
      return RowRun.ofNew(batch, { ...place, count: texts.length, snapshots });
    });
  }

  test('are those of the rows, and of a part of them', () => {
    const [run] = textRuns(['a', 'b', 'c', 'd']);
    expect(run!.texts?.list()).toEqual(['a', 'b', 'c', 'd']);
    const [, rest] = run!.cut(1);
    expect(rest.cut(2)[0].texts?.list()).toEqual(['b', 'c']);
  });

  test('of rows of two groups, with objects, or of other values: undefined', () => {
    const [first, second] = textRuns(['a', 'b'], ['c']);
    expect(joinAll([first!, second!]).texts).toBeUndefined();
    expect(joinAll([first!, second!]).encoded.map((encoded) => decode(encoded))).toEqual(['a', 'b', 'c']);
    expect(second!.rows).toHaveLength(1);
    expect(second!.texts).toBeUndefined();
    expect(admitted(2).run.texts).toBeUndefined();
  });
});

describe('RowRun.send', () => {
  test('rows have begun their first attempt, whether they have their objects before or get them later', () => {
    const before = admitted(3);
    expect(before.run.rows.map(({ attempt }) => attempt)).toEqual([0, 0, 0]);
    before.run.send();
    expectRows(before.run, before.given, 1);
    const later = admitted(3);
    later.run.send();
    expect(later.run.isFresh).toBe(true);
    expectRows(later.run, later.given, 1);
  });

  test('takeBack: rows that were sent in vain are as new', () => {
    const { run, given } = admitted(3);
    run.send();
    run.takeBack();
    expect(run.isFresh).toBe(true);
    expectRows(run, given, 0);
  });

  test('a row that was refused waits no longer, and counts its attempts', () => {
    const { run } = admitted(2);
    run.send();
    const { batch } = run;
    const refused = run.rows[1]!;
    refused.history.refusals = 1;
    refused.history.lastRefusal = { code: 'rejected', message: 'busy' };
    batch.inBackoff = 1;
    const again = RowRun.of([refused]);
    expect([again.refusals, again.runsAlone, again.size, again.submitIndex]).toEqual([1, false, 1, 1]);
    again.send();
    expect([refused.attempt, batch.inBackoff]).toEqual([2, 0]);
    refused.history.crashes = 1;
    expect(again.runsAlone).toBe(true);
  });
});

/** How a batch's rows come, and how they are then cut, looked at and joined. */
const story = fc.record({
  named: fc.boolean(),
  plan: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 20 }),
      gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
      around: fc.nat(2),
      isOneByOne: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  /** Sizes of slices, over and over. */
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
  /** Which pieces get their objects before they are joined. */
  looks: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  sent: fc.constantFrom('no', 'yes', 'in vain'),
});

/** A run and what it stands for. */
type Piece = readonly [run: Run, given: readonly Given[]];

describe('RowRun: model', () => {
  test('however rows are admitted, cut and joined, they are those of plain lists', () => {
    fc.assert(
      fc.property(story, ({ named, plan, sizes, looks, sent }) => {
        const left = admit(plan, { named }).map(({ run, given }): Piece => [run, given]);
        for (let turn = 0, piece = 0; left.length > 0; turn++) {
          let wanted = sizes[turn % sizes.length]!;
          const taken: Piece[] = [];
          const looked: boolean[] = [];
          while (wanted > 0 && left.length > 0) {
            let [run, given] = left.shift()!;
            if (run.size > wanted) {
              const [first, rest] = run.cut(wanted);
              left.unshift([rest, given.slice(wanted)]);
              [run, given] = [first, given.slice(0, wanted)];
            }
            const isLookedAt = looks[piece++ % looks.length]!;
            if (isLookedAt) expect(run.rows.length).toBe(given.length);
            looked.push(isLookedAt);
            taken.push([run, given]);
            wanted -= given.length;
          }
          const joined = joinAll(taken.map(([run]) => run));
          const given = taken.flatMap(([, rows]) => rows);
          const hasGap = given.at(-1)!.submitIndex - given[0]!.submitIndex !== given.length - 1;
          expect(joined.isFresh).toBe(!hasGap && !looked.includes(true));
          if (sent !== 'no') joined.send();
          if (sent === 'in vain' && joined.isFresh) joined.takeBack();
          const isAsNew = sent === 'no' || (sent === 'in vain' && joined.isFresh);
          expectRows(joined, given, isAsNew ? 0 : 1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
