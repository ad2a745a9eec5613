import type { AuditRecord } from '../../src/index.ts';
import type { RecordOf } from './trails.ts';

/** The same records, with the records of one kind changed. */
export function changed<Kind extends AuditRecord['kind']>(
  records: readonly AuditRecord[],
  kind: Kind,
  change: (record: RecordOf<Kind>) => Partial<RecordOf<Kind>> | undefined,
): readonly AuditRecord[] {
  return records.map((record) =>
    record.kind === kind ? { ...record, ...change(record as RecordOf<Kind>) } : record,
  );
}

/** The same records without those that `drop` accepts. */
export function without(
  records: readonly AuditRecord[],
  drop: (record: AuditRecord) => boolean,
): readonly AuditRecord[] {
  return records.filter((record) => !drop(record));
}

/** The same records, where the first one that `of` accepts comes twice. */
export function twice(
  records: readonly AuditRecord[],
  of: (record: AuditRecord) => boolean,
): readonly AuditRecord[] {
  const first = records.find(of);
  return records.flatMap((record) => (record === first ? [record, record] : [record]));
}
