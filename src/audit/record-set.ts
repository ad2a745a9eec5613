import type { TextBlock } from '../core/text-rows.ts';
import type { AuditRecord } from './audit-trail.ts';

/**
 * Records of one kind that came about together, by columns, as they go to the thread that owns the file. Each field of
 * a record stands in exactly one of `common`, `from`, `columns`, `fields` and `payloads`.
 */
export interface RecordSet {
  readonly kind: AuditRecord['kind'];
  readonly runId: string;
  readonly batchId: string;
  readonly at: number;
  readonly count: number;
  /** Members of a JSON object: the fields that are the same in all records. */
  readonly common?: string;
  /** Fields that grow by one from record to record, with their first values. */
  readonly from?: Readonly<Record<string, number>>;
  /** Fields with a value for each record. */
  readonly columns?: Readonly<Record<string, Column>>;
  /** Members of a JSON object for each record: all other fields but the payload. */
  readonly fields?: readonly string[];
  readonly payloads?: Payloads;
  /** Of a single record: the lowest and the highest index of the rows that it is about. */
  readonly rows?: readonly [first: number, last: number];
  /** Of a single call: unique in a run; begins with the JSON text of the row's state id and a space. */
  readonly callKey?: string;
}

export type Column = Float64Array | readonly string[];

/** The large parts of records: what was asked and answered. */
export type Payloads = JoinedPayloads | TextPayloads;

/** Of any kind. */
export interface JoinedPayloads {
  /** Under which name each record has its payload, or all of them have theirs. */
  readonly names: PayloadName | readonly PayloadName[];
  /** The stored texts of all payloads, one after another; see `tagged-json.ts`. */
  readonly text: string;
  /** Whether strings are JSON text themselves, or should be: they stand as they are, behind a `"`. */
  readonly marked: boolean;
  /** Where each text ends. */
  readonly ends: Uint32Array;
}

/** All of them are strings that are JSON text themselves, or should be. */
export interface TextPayloads {
  /** Under which all records have theirs. */
  readonly names: PayloadName;
  readonly texts: TextBlock;
}

export type PayloadName = 'request' | 'response' | 'error' | 'value';
