import type { AuditRecord, BatchRecord } from '../audit-trail.ts';
import { readAll, type ReadableTrail } from './readable-trail.ts';
import type { ExplainedAttempt, OpenAttempt, RowExplanation } from './row-explanation.ts';

type Transform = BatchRecord['transform'];

/**
 * Adds to each attempt of a row which transform it ran, if not all of them ran the same.
 *
 * @param records those about the row, in their order
 */
export async function transformsIn(
  trail: ReadableTrail,
  explanation: RowExplanation,
  records: readonly AuditRecord[],
): Promise<RowExplanation> {
  if (explanation.batches === 1) return explanation;
  const { runId, rowIndex, attempts, open } = explanation;
  const transforms = await transformsOf(trail, runId);
  const transformOf = (attempt: ExplainedAttempt | OpenAttempt): Transform | undefined =>
    transforms.get(batchIdOf(attempt, records, rowIndex) ?? '');
  const ran = [...attempts, ...(open === undefined ? [] : [open])].map(
    (attempt) => transformOf(attempt)?.sha256,
  );
  if (new Set(ran).size <= 1) return explanation;
  const added = <Attempt extends ExplainedAttempt | OpenAttempt>(attempt: Attempt): Attempt => {
    const transform = transformOf(attempt);
    return transform === undefined ? attempt : { ...attempt, transform };
  };
  return {
    ...explanation,
    attempts: attempts.map(added),
    ...(open === undefined ? {} : { open: added(open) }),
  };
}

/** By the ids of the batches. */
async function transformsOf(trail: ReadableTrail, runId: string): Promise<ReadonlyMap<string, Transform>> {
  const transforms = new Map<string, Transform>();
  for (const record of await readAll(trail, { runId, kinds: ['batch'] }))
    if (record.kind === 'batch') transforms.set(record.batchId, record.transform);
  return transforms;
}

/** The batch that an attempt ran in: that it was lost with its process is on record in the batch that came after. */
function batchIdOf(
  attempt: ExplainedAttempt | OpenAttempt,
  records: readonly AuditRecord[],
  rowIndex: number,
): string | undefined {
  if ('place' in attempt) return attempt.batchId;
  const begun = records.findLast((record) => isBegun(record, rowIndex, attempt.attempt));
  return begun?.batchId ?? ('batchId' in attempt ? attempt.batchId : undefined);
}

/** Whether a record is left of an attempt of which no more may be on record. */
function isBegun(record: AuditRecord, rowIndex: number, attempt: number): boolean {
  if (record.kind === 'call') return record.attempt === attempt;
  return record.kind === 'dispatch' && record.attempts[record.rowIndices.indexOf(rowIndex)] === attempt;
}
