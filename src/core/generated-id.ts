/** The state id of a row whose caller gave none. */
export function generatedStateId(rowIndex: number): string {
  return `row-${rowIndex}`;
}

/** The index of the row that has such a state id; undefined for any other text. */
export function generatedRowIndex(stateId: string): number | undefined {
  const digits = /^row-(0|[1-9]\d{0,14})$/.exec(stateId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
