/** The transform that every contender runs, in the form that each of them can load. */
import { crc32 } from 'node:zlib';
import type { BenchRow } from '../rows.ts';

/** Returns the row as it is, or, when it asks for work, a row whose `amount` only that much work gives. */
export default function transform(row: BenchRow): BenchRow {
  if (row.work === 0) return row;
  return { ...row, amount: work(row.amount, row.work) };
}

/** For contenders that send arrays of rows. */
export function transformChunk(rows: readonly BenchRow[]): BenchRow[] {
  return rows.map((row) => transform(row));
}

/** Fits into the first-level cache, so that threads don't compete for memory. */
const BLOCK = new Uint8Array(16_384).map((_, index) => (index * 31) % 251);

/**
 * CPU work that is counted in bytes: no clock, and the same speed in every thread. Loops in JavaScript are not good
 * enough for this: V8 ran the same loop 2 to 6 times slower in some threads than in others, for as long as they lived.
 */
export function work(seed: number, bytes: number): number {
  let checksum = seed >>> 0;
  for (let left = bytes; left > 0; left -= BLOCK.length) checksum = crc32(firstBytes(left), checksum);
  return checksum;
}

function firstBytes(count: number): Uint8Array {
  return count >= BLOCK.length ? BLOCK : BLOCK.subarray(0, count);
}
