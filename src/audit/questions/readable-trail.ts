import type { AuditRecord } from '../audit-trail.ts';
import type { RecordFilter, RunSummary, StoredRecord } from '../stored-record.ts';

/** The reading side of a trail, as far as the questions need it. */
export interface ReadableTrail {
  records(filter?: RecordFilter): AsyncIterable<readonly StoredRecord[]>;
  runs(): Promise<readonly RunSummary[]>;
}

/** Records of one kind. */
export type RecordOf<Kind extends AuditRecord['kind']> = Extract<AuditRecord, { readonly kind: Kind }>;

/** All records that a filter lets through, in their order. */
export async function readAll(trail: ReadableTrail, filter: RecordFilter): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const page of trail.records(filter)) for (const { record } of page) records.push(record);
  return records;
}
