/** The state id of a row whose caller gave none. */
export function generatedStateId(rowIndex: number): string {
  return `row-${rowIndex}`;
}

/** The index of the row that has such a state id; undefined for any other text. */
export function generatedRowIndex(stateId: string): number | undefined {
  const index = Number(/^row-(\d{1,15})$/.exec(stateId)?.[1]);
  return generatedStateId(index) === stateId ? index : undefined;
}
