import type { InputRow, InputRows } from '../../src/cli/input-row.ts';

export function listRows(rows: InputRows): InputRow[] {
  return Array.from({ length: rows.size }, (_, index) => rows.at(index));
}
