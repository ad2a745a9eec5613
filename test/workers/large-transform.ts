/** Rows and outputs are large arrays; what the transform keeps of them is its own affair. */
import { CapacityError, type TransformContext } from '../../src/index.ts';

const kept: Uint8Array[] = [];

/** Overwrites its row, gives it back, and is refused or ends its thread first where the row's first bytes say so. */
export default function large(row: Uint8Array, { attempt }: TransformContext): Uint8Array {
  if (!(row instanceof Uint8Array)) return row;
  const [id = 0, refusals = 0, crashes = 0] = row;
  row.fill(id + 100);
  if (attempt <= refusals) throw new CapacityError(503);
  if (attempt <= refusals + crashes) process.exit(1);
  return row;
}

/** Gives the array that it gave for the first row of its thread, which must still be whole. */
export function same(row: Uint8Array): Uint8Array {
  if (!(row instanceof Uint8Array)) return row;
  kept.push(row);
  return kept[0] as Uint8Array;
}
