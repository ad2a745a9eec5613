import type { AuditRecord } from './audit-trail.ts';

/** A record as it stands in a trail. */
export interface StoredRecord {
  /** Its number, from 1, without gaps, in the order in which the records were made durable. */
  readonly seq: number;
  /** The link of the hash chain that vouches for it; records that came about together share one. */
  readonly hash: string;
  readonly record: AuditRecord;
}

/** Which records to read; with several conditions, those that meet all. */
export interface RecordFilter {
  readonly runId?: string | undefined;
  readonly stateId?: string | undefined;
  readonly rowIndex?: number | undefined;
  readonly kinds?: readonly AuditRecord['kind'][] | undefined;
}

/** What a trail has of one run, in numbers of records. */
export interface RunSummary {
  readonly runId: string;
  /** Epoch ms of the first record. */
  readonly startedAt: number;
  /** Epoch ms of the end of the last batch; none while that has not ended. */
  readonly endedAt?: number;
  readonly batches: number;
  readonly rows: number;
  readonly attempts: number;
  readonly calls: number;
  readonly entries: number;
}
