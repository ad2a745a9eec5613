import type { AuditRecord } from './audit-trail.ts';
import { checkOptions, NON_EMPTY_TEXT, ROW_INDEX, type OptionRules } from './option-rules.ts';

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

const KINDS: Readonly<Record<AuditRecord['kind'], true>> = {
  batch: true,
  'batch-end': true,
  row: true,
  dispatch: true,
  attempt: true,
  call: true,
  entry: true,
};

const FILTER: OptionRules = {
  runId: NON_EMPTY_TEXT,
  stateId: NON_EMPTY_TEXT,
  rowIndex: ROW_INDEX,
  kinds: {
    what: `an array of ${Object.keys(KINDS).join(', ')}`,
    accepts: (value) =>
      Array.isArray(value) && value.every((kind) => Object.hasOwn(KINDS, kind as PropertyKey)),
  },
};

/** @throws TypeError on a condition that there is not, which would let everything through, and on one that is none. */
export function checkRecordFilter(filter: unknown): void {
  checkOptions('read records', filter, FILTER);
}

/** What a trail has of one run, in numbers of records. */
export interface RunSummary {
  readonly runId: string;
  /** Epoch ms of the first record. */
  readonly startedAt: number;
  /** Epoch ms of the end of the last batch; none while that has not ended. */
  readonly endedAt?: number;
  /** As on record of that end: only, and then `false`, where the batch was stopped before all of its input was done. */
  readonly sourceEnded?: false;
  readonly batches: number;
  readonly rows: number;
  readonly attempts: number;
  readonly calls: number;
  readonly entries: number;
}
