import { CapacityError, type TransformContext } from '../../src/index.ts';

/** The text in capitals; `fails` fails, and what begins with `refused` is refused once. */
export function upper(row: string, { attempt }: TransformContext): string {
  if (row === 'fails') throw new Error('no');
  if (row.startsWith('refused') && attempt === 1) throw new CapacityError(429);
  return row.toUpperCase();
}

export default upper;
