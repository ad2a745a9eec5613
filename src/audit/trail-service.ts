import type { ChainProgress, ChainStep } from './chain-check.ts';
import type { RecordSet } from './record-set.ts';
import type { TrailFileOptions } from './trail-file.ts';
import type { Page } from './page.ts';
import type { HistoryHead } from './run-histories.ts';
import type { RecordFilter, RunSummary, StoredRecord } from './stored-record.ts';
import type { RowHistory } from './audit-trail.ts';

export interface ServiceOptions extends TrailFileOptions {
  /** Paths to what may not be written. */
  readonly redact: readonly string[];
}

/** What the worker that owns a trail's file exposes through Comlink. To be opened once, before all else. */
export interface TrailService {
  open(options: ServiceOptions): void;
  /** Returns when the records are durable: whether results of rows have lost something to redaction. */
  append(sets: readonly RecordSet[]): boolean;
  records(filter: RecordFilter, after: number): Page<StoredRecord>;
  runs(): readonly RunSummary[];
  historyHead(runId: string): HistoryHead | undefined;
  historyRows(runId: string, after: number): Page<RowHistory>;
  /** `text`: a list of {@link RowOutline} as JSON, which goes quicker to another thread. */
  historyOutlines(runId: string, after: number): { readonly text: string; readonly next: number | undefined };
  chainStep(after: ChainProgress): ChainStep;
  otherProblems(): readonly string[];
  /** Gives the paths of `redact` that led to nothing in what was appended. */
  close(): readonly string[];
}
