import { readFile } from 'node:fs/promises';

import { candidatePairs } from './lsh-bands.ts';
import type { MailFeatures } from './mail-features.ts';
import { similarity } from './min-hash.ts';
import { UnionFind } from './union-find.ts';

/** Mails that nearly share their text, in the order of the corpus. */
export interface DuplicateGroup {
  readonly mails: readonly MailFeatures[];
  /** Estimated Jaccard similarities of the first mail to each other one. */
  readonly lowestSimilarity: number;
  readonly meanSimilarity: number;
}

/** From this similarity on, two mails count as near-duplicates. */
export const minSimilarity = 0.8;

/** Texts with fewer different shingles say too little to be called copies of one another. */
const minShingles = 10;

/** Reads what the run wrote: one {@link MailFeatures} a line. */
export async function readFeatures(file: string): Promise<MailFeatures[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as MailFeatures);
}

/**
 * Groups near-duplicates, largest group first. Two mails are in one group when a chain of pairs, each
 * with an estimated similarity of at least {@link minSimilarity}, leads from one to the other.
 */
export function findNearDuplicates(mails: readonly MailFeatures[]): DuplicateGroup[] {
  const comparable = mails.filter((mail) => mail.features.shingles >= minShingles);
  const signatures = comparable.map((mail) => mail.signature);
  const groups = new UnionFind(comparable.length);
  for (const [left, right] of candidatePairs(signatures)) {
    if (similarity(signatures[left] ?? [], signatures[right] ?? []) >= minSimilarity)
      groups.join(left, right);
  }
  return groups
    .members()
    .filter((members) => members.length > 1)
    .map((members) => describe(members.flatMap((index) => comparable[index] ?? [])))
    .sort((left, right) => right.mails.length - left.mails.length);
}

function describe(mails: readonly MailFeatures[]): DuplicateGroup {
  const first = mails[0]?.signature ?? [];
  const similarities = mails.slice(1).map((mail) => similarity(first, mail.signature));
  return {
    mails,
    lowestSimilarity: Math.min(...similarities),
    meanSimilarity: similarities.reduce((sum, each) => sum + each, 0) / similarities.length,
  };
}
