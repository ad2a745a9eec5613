import { monotonicNow } from '../../src/engine/monotonic-now.ts';
import { CapacityError, type TransformContext } from '../../src/index.ts';
import faulty, * as faults from '../workers/faulty-transform.ts';

/** A row of the soak: one with a fault or without, in a storm, or heavy. */
export interface SoakedRow extends faults.FaultyRow {
  /** The service refuses it before this instant, in ms on the monotonic clock that all threads share. */
  readonly refusedUntil?: number;
  /** Ballast, and how many bytes of it there must be. */
  readonly ballast?: { readonly bytes: number; readonly content: Uint8Array };
}

export default function soaked(row: SoakedRow, context: TransformContext): unknown {
  check(row);
  return faulty(row, context);
}

export async function soakedAsync(row: SoakedRow, context: TransformContext): Promise<unknown> {
  check(row);
  return faults.faultyAsync(row, context);
}

function check({ refusedUntil = 0, ballast }: SoakedRow): void {
  if (refusedUntil > 0 && monotonicNow() < refusedUntil) throw new CapacityError(503);
  if (ballast !== undefined && ballast.content.byteLength !== ballast.bytes)
    throw new Error('bytes are missing');
}
