/**
 * MinHash, after A. Broder, "On the resemblance and containment of documents" (1997): under a random
 * permutation of all shingles, two sets have the same smallest member with a probability equal to
 * their Jaccard similarity |A ∩ B| / |A ∪ B|. The share of equal places in two signatures estimates
 * that similarity, with a standard error of at most 1 / (2 * sqrt(places)): 0.031 for 256.
 *
 * The permutations are bijections of the 32-bit words, `mix(a * x + b)` with an odd `a`, where `mix`
 * is the finaliser of MurmurHash3 (A. Appleby, public domain).
 */

/** How many permutations, and so numbers in a signature. */
export const permutationCount = 256;

const shingleWords = 5;

const [factors, offsets] = permutations(permutationCount);

/**
 * The hashes of all runs of five words, each once; of the whole text when it has fewer words. Two
 * different shingles of a mail share a 32-bit hash too rarely to matter here.
 */
export function shingleHashes(words: readonly string[]): Uint32Array {
  const hashes = Uint32Array.from(words, hashWord);
  const length = Math.min(shingleWords, hashes.length);
  const shingles = new Set<number>();
  for (let end = length; length > 0 && end <= hashes.length; end++) {
    shingles.add(hashRun(hashes, end - length, end));
  }
  return Uint32Array.from(shingles);
}

/** The smallest hash of the set under each permutation; 2^32 - 1 throughout for an empty set. */
export function minHash(shingles: Uint32Array): number[] {
  const signature = new Array<number>(permutationCount);
  for (let i = 0; i < permutationCount; i++)
    signature[i] = smallest(shingles, factors[i] ?? 1, offsets[i] ?? 0);
  return signature;
}

/** Estimates the Jaccard similarity of the sets behind two signatures of equal length. */
export function similarity(left: readonly number[], right: readonly number[]): number {
  let equal = 0;
  for (let i = 0; i < left.length; i++) if (left[i] === right[i]) equal++;
  return equal / left.length;
}

function smallest(shingles: Uint32Array, factor: number, offset: number): number {
  let least = 0xffff_ffff;
  for (const shingle of shingles) {
    const place = mix(Math.imul(shingle, factor) + offset);
    if (place < least) least = place;
  }
  return least;
}

function permutations(count: number): [factors: Uint32Array, offsets: Uint32Array] {
  const words = Uint32Array.from({ length: 2 * count }, (_, index) => mix(Math.imul(index + 1, 0x9e37_79b9)));
  return [words.subarray(0, count).map((word) => word | 1), words.subarray(count)];
}

/** FNV-1a over UTF-16 code units. */
function hashWord(word: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x0100_0193);
  return hash;
}

function hashRun(hashes: Uint32Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = mix(Math.imul(hash, 31) + (hashes[i] ?? 0));
  return hash;
}

function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
