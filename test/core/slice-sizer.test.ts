import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SliceSizer } from '../../src/core/slice-sizer.ts';

const TARGET_MS = 16;
const MOST_ROWS = 2_048;
const PLENTY = { waiting: 1_000_000, open: true };

/** A sizer for slices that have a thread each. */
function sizerOf(poolSize: number, sliceSize: number | 'auto' = 'auto'): SliceSizer {
  return new SliceSizer({ sliceSize, poolSize, threads: poolSize });
}

/** A sizer that was told of slices, each as [rows, elapsedMs]. */
function sizerAfter(poolSize: number, ...slices: readonly (readonly [number, number])[]): SliceSizer {
  const sizer = sizerOf(poolSize);
  for (const [rows, elapsedMs] of slices) sizer.record(rows, elapsedMs);
  return sizer;
}

/** The rows that fit into the target by the documented estimate, calculated from scratch. */
function idealSize(slices: readonly { readonly rows: number; readonly elapsedMs: number }[]): number {
  let weight = 1;
  let weightedRows = 0;
  let weightedMs = 0;
  for (const { rows, elapsedMs } of slices.toReversed()) {
    weightedRows += weight * rows;
    weightedMs += weight * elapsedMs;
    weight *= 0.7 ** Math.min(1, elapsedMs / TARGET_MS + rows / MOST_ROWS); // for all slices before this one
  }
  return weightedMs === 0 ? MOST_ROWS : (TARGET_MS * weightedRows) / weightedMs;
}

/** A sizer that has got used to rows of one duration. */
function sizerFor(poolSize: number, rowMs: number, sizer = sizerOf(poolSize)): SliceSizer {
  for (let slice = 0; slice < 20; slice++) sizer.record(sizer.current, sizer.current * rowMs);
  return sizer;
}

describe('SliceSizer with a fixed size', () => {
  test('sizeFor: the size, or what is there when that is less, however long rows take', () => {
    const sizer = sizerOf(4, 7);
    for (const elapsedMs of [0, 0.001, 1_000]) {
      sizer.record(7, elapsedMs);
      expect(sizer.current).toBe(7);
      expect(sizer.sizeFor({ waiting: 100, open: false })).toBe(7);
      expect(sizer.sizeFor({ waiting: 7, open: true })).toBe(7);
      expect(sizer.sizeFor({ waiting: 6, open: true })).toBe(6);
    }
  });
});

describe("SliceSizer 'auto'", () => {
  test('the first slice is one row', () => {
    const sizer = sizerAfter(4);
    expect(sizer.current).toBe(1);
    expect(sizer.sizeFor(PLENTY)).toBe(1);
  });

  test.each([
    [32, 1],
    [16, 1],
    [8, 2],
    [4, 4],
    [1, 16],
    [0.0625, 256],
    [0.0078125, MOST_ROWS],
    [0, MOST_ROWS],
  ])('record: rows of %d ms lead to slices of %d rows', (rowMs, rows) => {
    expect(sizerFor(4, rowMs).current).toBe(rows);
  });

  test.each([
    ['twice as long, where 2 share a thread', 4, 2, 3.9, 8],
    ['6 times as long, where 6 do', 12, 2, 11.9, 8],
    ['no longer than 100 ms', 200, 2, 9.9, 10],
  ])('record: slices that share a thread take %s', (_, poolSize, threads, rowMs, rows) => {
    const sizer = new SliceSizer({ sliceSize: 'auto', poolSize, threads });
    expect(sizerFor(poolSize, rowMs, sizer).current).toBe(rows);
  });

  test('rowsPerWorker: of as many slices as a worker may have, by default one', () => {
    const options = { sliceSize: 8, poolSize: 2, threads: 2 };
    expect(new SliceSizer(options).rowsPerWorker).toBe(8);
    expect(new SliceSizer({ ...options, slicesPerWorker: 2 }).rowsPerWorker).toBe(16);
  });

  test('cutShort: a size that is given stays', () => {
    const sizer = new SliceSizer({ sliceSize: 8, poolSize: 1, threads: 1 });
    sizer.cutShort(2);
    expect([sizer.current, sizer.sizeFor({ waiting: 100, open: true })]).toEqual([8, 8]);
  });

  test('cutShort: smaller slices than that do not raise the limit', () => {
    const sizer = sizerFor(1, 0.03125);
    sizer.cutShort(100);
    for (let slice = 0; slice < 50; slice++) sizer.record(99, 0);
    expect(sizer.current).toBe(100);
  });

  test('record: grows at most 8 times per slice', () => {
    const sizer = sizerOf(1);
    const sizes = Array.from({ length: 5 }, () => {
      sizer.record(sizer.current, 0);
      return sizer.current;
    });
    expect(sizes).toEqual([8, 64, 512, MOST_ROWS, MOST_ROWS]);
  });

  test('record: shrinks at once when rows become slow', () => {
    const sizer = sizerFor(1, 0.03125);
    expect(sizer.current).toBe(512);
    sizer.record(512, 16_000);
    expect(sizer.current).toBe(1);
  });

  test('record: a full slice leaves 70% of the old estimate', () => {
    // rows 0.7 * 1 + 10, ms 0.7 * 16 + 16: 6.29 rows in 16 ms
    expect(sizerAfter(1, [1, 16], [10, 16]).current).toBe(6);
  });

  test('record: any slices: the size follows the weighted mean of all, where a slice weighs less with each after it', () => {
    const slice = fc.record({
      rows: fc.integer({ min: 1, max: 1_500 }),
      elapsedMs: fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 24, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(slice, { minLength: 1, maxLength: 12 }), (slices) => {
        const sizer = sizerAfter(1);
        let highest = 1;
        slices.forEach(({ rows, elapsedMs }, index) => {
          sizer.record(rows, elapsedMs);
          const ideal = Math.max(1, Math.min(idealSize(slices.slice(0, index + 1)), highest * 8, MOST_ROWS));
          expect(sizer.current).toBeGreaterThan(ideal - 1.001);
          expect(sizer.current).toBeLessThan(ideal + 0.001);
          highest = sizer.current;
        });
      }),
      { numRuns: 300 },
    );
  });

  test('record: one slow slice, however slow, leaves as much as a full one', () => {
    // 64 rows in 16 ms, then 8 in 160: rows 44.8 + 8, ms 11.2 + 160
    expect(sizerAfter(1, [64, 16], [8, 160]).current).toBe(4);
  });

  test('record: a slice of no rows says nothing', () => {
    const sizer = sizerAfter(1, [1, 4]);
    sizer.record(0, 1_000);
    expect(sizer.current).toBe(4);
    sizer.record(4, 16);
    expect(sizer.current).toBe(4);
  });

  test.each([NaN, -1, -Infinity, Infinity])('record: a slice of %d ms says nothing', (elapsedMs) => {
    const sizer = sizerAfter(1, [1, 4], [4, elapsedMs]);
    expect(sizer.current).toBe(4);
    sizer.record(4, 16);
    expect(sizer.current).toBe(4);
  });

  test('cutShort: no slice is longer than the one that ended early, until that has gone well for a while', () => {
    const sizer = sizerFor(1, 1);
    expect(sizer.current).toBe(16);
    sizer.cutShort(2);
    const sizes = Array.from({ length: 10 }, () => {
      sizer.record(sizer.current, sizer.current);
      return sizer.current;
    });
    expect(sizes).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 3, 3]);
    sizer.cutShort(0);
    expect(sizer.current).toBe(1);
  });

  test('sizeFor: at the end of a batch there are two slices for every worker, none below a quarter of a millisecond', () => {
    const sizer = sizerFor(4, 0.03125);
    expect(sizer.current).toBe(512);
    const sizes = (open: boolean) =>
      [0, 1, 4, 31, 32, 33, 257, 800, 4_096, 1_000_000].map((waiting) => sizer.sizeFor({ waiting, open }));
    expect(sizes(false)).toEqual([1, 1, 4, 8, 8, 8, 33, 100, 512, 3 * 512]);
    expect(sizes(true)).toEqual([1, 1, 4, 8, 8, 9, 65, 200, 512, 512]);
    const slow = sizerFor(4, 4);
    expect([1, 4, 8, 9, 17, 1_000].map((waiting) => slow.sizeFor({ waiting, open: false }))).toEqual([
      1, 1, 1, 2, 3, 12,
    ]);
  });

  test('sizeFor: a batch with many more rows has slices of up to 48 ms, none above half of what each worker gets', () => {
    const sizer = sizerFor(4, 1);
    expect(sizer.current).toBe(16);
    const sizes = (open: boolean) =>
      [96, 128, 136, 256, 376, 384, 1_000_000].map((waiting) => sizer.sizeFor({ waiting, open }));
    expect(sizes(false)).toEqual([12, 16, 17, 32, 47, 48, 48]);
    expect(sizes(true)).toEqual([16, 16, 16, 16, 16, 16, 16]);
  });

  test('sizeFor: no slice is longer than 100 ms where several share a thread, however many rows there are', () => {
    const sizer = new SliceSizer({ sliceSize: 'auto', poolSize: 8, threads: 2 });
    sizerFor(8, 1, sizer);
    expect([sizer.current, sizer.sizeFor({ waiting: 1_000_000, open: false })]).toEqual([64, 100]);
  });

  test('sizeFor: no slice is longer than one that ended early, however many rows there are', () => {
    const sizer = sizerFor(4, 1);
    sizer.cutShort(20);
    expect([sizer.current, sizer.sizeFor({ waiting: 1_000_000, open: false })]).toEqual([16, 20]);
  });

  test('any measurements: sizes stay within 1 and 2,048, grow at most 8 times, and pass neither the share of a worker nor thrice the target', () => {
    const slice = fc.record({
      rows: fc.nat(2_000),
      elapsedMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
      waiting: fc.integer({ min: 1, max: 100_000 }),
      open: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.array(slice, { maxLength: 40 }), (poolSize, slices) => {
        const sizer = sizerAfter(poolSize);
        for (const { rows, elapsedMs, waiting, open } of slices) {
          const before = sizer.current;
          sizer.record(rows, elapsedMs);
          expect(Number.isSafeInteger(sizer.current)).toBe(true);
          expect(sizer.current).toBeGreaterThanOrEqual(1);
          expect(sizer.current).toBeLessThanOrEqual(Math.min(MOST_ROWS, before * 8));
          const size = sizer.sizeFor({ waiting, open });
          expect(Number.isSafeInteger(size)).toBe(true);
          expect(size).toBeGreaterThanOrEqual(1);
          const share = Math.max(Math.ceil(waiting / poolSize), Math.ceil(sizer.current / 64));
          const most = Math.max(sizer.current, open ? 1 : Math.min(3 * sizer.current, MOST_ROWS));
          expect(size).toBeLessThanOrEqual(Math.min(most, share, waiting));
        }
      }),
    );
  });
});
