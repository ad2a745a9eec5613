import type { RunSummary } from '../stored-record.ts';
import type { ReadableTrail, RecordOf } from './readable-trail.ts';

const MOST_NAMED = 5;

/** Says which rows a run has, to somebody who asked for one that it has not. Reads all rows of the run. */
export async function describeUnknownRow(
  trail: ReadableTrail,
  { runId }: RunSummary,
  row: number | string,
): Promise<string> {
  const similar: string[] = [];
  let lowest = Infinity;
  let highest = -Infinity;
  for await (const page of trail.records({ runId, kinds: ['row', 'entry'] })) {
    for (const { record } of page) {
      const { rowIndex, stateId } = record as RecordOf<'row' | 'entry'>;
      lowest = Math.min(lowest, rowIndex);
      highest = Math.max(highest, rowIndex);
      const isSimilar = typeof row === 'string' && areSimilar(stateId, row) && !similar.includes(stateId);
      if (isSimilar && similar.length < MOST_NAMED) similar.push(stateId);
    }
  }
  const asked = typeof row === 'string' ? `with state id '${row}'` : row;
  return `Run ${runId} has no row ${asked}: ${describeRows(lowest, highest, similar)}`;
}

function describeRows(lowest: number, highest: number, similar: readonly string[]): string {
  if (lowest > highest) return 'it has no rows';
  const range = lowest === highest ? `its only row is ${lowest}` : `its rows are ${lowest} to ${highest}`;
  if (similar.length === 0) return range;
  return `${range}; similar state ids are ${similar.map((stateId) => `'${stateId}'`).join(', ')}`;
}

function areSimilar(stateId: string, asked: string): boolean {
  const [known, wanted] = [stateId.toLowerCase(), asked.toLowerCase()];
  return known.includes(wanted) || wanted.includes(known);
}
