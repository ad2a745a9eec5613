/** Changes its row in every way it can, and is refused until the third attempt, which gives what the row looked like. */
import { CapacityError, type TransformContext } from '../../src/index.ts';

export interface MutableRow {
  n: number;
  text: string;
  nested: { list: number[]; [key: string]: unknown };
  map?: Map<string, number[]>;
  set?: Set<string>;
  date?: Date;
  bytes?: Uint8Array;
  gone?: string;
}

export default function mutating(row: MutableRow, { attempt }: TransformContext): MutableRow {
  if (typeof row !== 'object') return row;
  const seen = structuredClone(row);
  row.n = -1;
  row.text += ' changed';
  row.nested.list.push(99);
  row.nested['added'] = attempt;
  row.map?.get('a')?.push(99);
  row.map?.set('added', []);
  row.set?.clear();
  row.date?.setTime(0);
  row.bytes?.fill(0xff);
  delete row.gone;
  if (attempt < 3) throw new CapacityError(503);
  return seen;
}
