import './node-version.ts';

export { PooledExecutor, type BatchResult } from './pooled-executor.ts';
export { DriftError } from './drift.ts';
export { createExecutor, type OutputOf, type RowOf } from './create-executor.ts';
export { sharedThrottle } from './shared-throttle.ts';
export type {
  BatchOptions,
  PooledExecutorOptions,
  Progress,
  StreamOptions,
  ThrottleOptions,
} from './options.ts';
export type { GlobalsWatch } from './engine/watched-globals.ts';
export type { RowContext } from './batch.ts';
export type { EntryStream } from './entry-stream.ts';
export { TransformResult } from './core/transform-result.ts';
export type { MaybePromise, Transform, TransformContext } from './core/transform.ts';
export { move } from './core/moved.ts';
export { CapacityError, isCapacityStatus, type CapacityErrorOptions } from './core/capacity-error.ts';
export type { RowError, RowErrorCode } from './core/row-error.ts';
export type { Entry } from './core/entry.ts';
export type { BatchStats, ExecutorStats, PoolStats } from './core/stats.ts';
export type { Throttle } from './core/throttle/throttle.ts';
export { TransformLoadError } from './engine/engine.ts';
export type {
  AttemptRecord,
  AuditRecord,
  AuditTrail,
  BatchDescription,
  BatchEndRecord,
  BatchRecord,
  CallRecord,
  DispatchRecord,
  EntryRecord,
  RecordOrigin,
  RowHistory,
  RowOutline,
  RowRecord,
  RunHistory,
} from './audit/audit-trail.ts';
export { MemoryAuditTrail } from './audit/memory-audit-trail.ts';
export { SqliteAuditTrail } from './audit/sqlite-audit-trail.ts';
export type { SqliteAuditTrailOptions } from './audit/trail-options.ts';
export type { ChainReport } from './audit/chain-check.ts';
export type { RecordFilter, RunSummary, StoredRecord } from './audit/stored-record.ts';
export { TrailQuestionError } from './audit/questions/trail-question-error.ts';
export type { ExplainOptions } from './audit/questions/explain-row.ts';
export type {
  AttemptPlace,
  ExplainedAttempt,
  ExplainedCall,
  ExplainedEntry,
  Neighbour,
  OpenAttempt,
  RowExplanation,
  RowSubmission,
  Wait,
} from './audit/questions/row-explanation.ts';
export type { AuditOptions } from './audit/questions/audit-runs.ts';
export type {
  AuditReport,
  BatchDrift,
  RunReport,
  SlowAttempt,
  StatsDifference,
  StatsReport,
} from './audit/questions/audit-report.ts';
export type { ConcurrencyReport } from './audit/questions/concurrency.ts';
export type { RowResult } from './audit/questions/row-ledger.ts';
export type { CheckedCounter, CheckedName } from './audit/questions/stats-check.ts';
export type { VerifyOptions } from './audit/questions/verify-run.ts';
export type { CheckedCounts, Finding, OutputCheck, Verification } from './audit/questions/verification.ts';
// for the command line, whose own transform wraps the user's
/** @internal */
export { identifyTransform } from './audit/transform-identity.ts';
/** @internal */
export { FINAL } from './drift.ts';
/** @internal */
export { TextRows } from './core/text-rows.ts';
/** @internal */
export type { EntryRun } from './entry-run.ts';
/** @internal */
export { openEvents } from './audit/event-trail.ts';
/** @internal */
export type { RedactedGroup } from './audit/sqlite-audit-trail.ts';
/** @internal */
export type { TrailEvent } from './audit/trail-event.ts';
