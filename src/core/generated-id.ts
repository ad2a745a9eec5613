/** The state id of a row whose caller gave none. */
export function generatedStateId(rowIndex: number): string {
  return `row-${rowIndex}`;
}
