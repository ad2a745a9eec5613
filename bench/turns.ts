/** Runs each in turn, `rounds` times, each round beginning with another one; gives what each returned in each round. */
export async function takeTurns<Name extends string, Result>(
  runs: Readonly<Record<Name, () => Promise<Result>>>,
  rounds: number,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(runs) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of rotated(names, round)) results[name].push(await runs[name]());
  }
  return results;
}

/** The items in their order, beginning with another one for each `by`. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
