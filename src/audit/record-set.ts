import type { AuditRecord } from './audit-trail.ts';

export type RecordKind = AuditRecord['kind'];

/** Records of one kind that came about together, as they go to the file's worker: texts that need no more work here. */
export interface RecordSet {
  readonly kind: RecordKind;
  readonly runId: string;
  readonly batchId: string;
  readonly at: number;
  /** JSON text of an object: the fields that all records of the set have in common. */
  readonly common: string;
  readonly items: readonly RecordItem[];
}

/** What one record of a set has of its own. */
export interface RecordItem {
  /** JSON text of an object: all fields but the payload. */
  readonly fields: string;
  /** The lowest and the highest index of the rows that the record is about. */
  readonly rows?: readonly [first: number, last: number];
  /** Identifies a call; unique in a run. Begins with the JSON text of the row's state id and a space. */
  readonly callKey?: string;
  /** Under which name the record has its request, response or error. */
  readonly payloadName?: PayloadName;
  /** Its stored text; see `tagged-json.ts`. */
  readonly payload?: string;
}

export type PayloadName = 'request' | 'response' | 'error' | 'value';
