/**
 * Locality-sensitive hashing by bands (P. Indyk and R. Motwani, 1998; Leskovec, Rajaraman and Ullman,
 * "Mining of Massive Datasets", section 3.4): two signatures are compared when they agree in all rows
 * of at least one band. With rows of 8, two mails of similarity s meet in one of 32 bands with a
 * probability of 1 - (1 - s^8)^32: 0.997 for s = 0.8, 0.02 for s = 0.4.
 */
const bandRows = 8;

/** The pairs of signatures worth comparing, by index, each pair once. */
export function* candidatePairs(
  signatures: readonly (readonly number[])[],
): Generator<[left: number, right: number]> {
  const seen = new Set<number>();
  const length = signatures[0]?.length ?? 0;
  for (let start = 0; start < length; start += bandRows) {
    for (const bucket of buckets(signatures, start)) {
      for (const [left, right] of pairs(bucket)) {
        const key = left * signatures.length + right;
        if (seen.has(key)) continue;
        seen.add(key);
        yield [left, right];
      }
    }
  }
}

function buckets(signatures: readonly (readonly number[])[], start: number): Iterable<number[]> {
  const bands = signatures.map((signature) => signature.slice(start, start + bandRows).join());
  return Map.groupBy(signatures.keys(), (index) => bands[index]).values();
}

function* pairs(members: readonly number[]): Generator<[left: number, right: number]> {
  for (const [place, left] of members.entries()) {
    for (const right of members.slice(place + 1)) yield [left, right];
  }
}
