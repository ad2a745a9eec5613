/** Each row says how its attempts end, one after the other. In-process too, where no row may crash. */
import { CapacityError, type TransformContext } from '../../src/index.ts';

export type PlannedOutcome = 'capacity' | 'error' | 'crash' | 'ok';

export interface PatternRow {
  readonly id: number;
  /** Of the attempts from the first on; further ones succeed. */
  readonly outcomes: readonly PlannedOutcome[];
}

export default function pattern(row: PatternRow, { attempt }: TransformContext): number {
  if (typeof row !== 'object') return row;
  switch (row.outcomes[attempt - 1] ?? 'ok') {
    case 'capacity':
      throw new CapacityError(503);
    case 'error':
      throw new Error(`row ${row.id} is bad`);
    case 'crash':
      return process.exit(1);
    case 'ok':
      return row.id * 10;
  }
}
