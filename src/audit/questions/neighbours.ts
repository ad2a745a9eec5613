import type { ReadableTrail, RecordOf } from './readable-trail.ts';
import type { ExplainedAttempt, Neighbour, RowExplanation } from './row-explanation.ts';

/** Adds to each attempt of a row what ran at the same time. Reads all attempts of the run. */
export async function neighboursIn(
  trail: ReadableTrail,
  explanation: RowExplanation,
): Promise<RowExplanation> {
  const { runId, stateId, attempts } = explanation;
  const found = attempts.map((): Neighbour[] => []);
  for await (const page of trail.records({ runId, kinds: ['attempt'] })) {
    for (const { record } of page) {
      if (record.kind !== 'attempt' || record.stateId === stateId) continue;
      attempts.forEach((attempt, position) => {
        if (overlap(attempt, record)) found[position]?.push(toNeighbour(record));
      });
    }
  }
  return {
    ...explanation,
    attempts: attempts.map((attempt, position) => ({
      ...attempt,
      alongside: found[position] as Neighbour[],
    })),
  };
}

function overlap({ place }: ExplainedAttempt, other: RecordOf<'attempt'>): boolean {
  return place !== undefined && other.startedAt < place.finishedAt && place.startedAt < other.finishedAt;
}

function toNeighbour(record: RecordOf<'attempt'>): Neighbour {
  const { stateId, rowIndex, attempt, threadId, startedAt, finishedAt } = record;
  return { stateId, rowIndex, attempt, threadId, startedAt, finishedAt };
}
