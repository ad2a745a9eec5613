import { expect } from 'vitest';
import {
  MemoryAuditTrail,
  PooledExecutor,
  type AuditRecord,
  type PooledExecutorOptions,
  type RowContext,
} from '../../src/index.ts';

export const RUN = { runId: 'run' };

/** A trail on which the process died: it has these records and no more. */
export async function trailOf(records: readonly AuditRecord[]): Promise<MemoryAuditTrail> {
  const trail = new MemoryAuditTrail();
  await trail.append(records);
  return trail;
}

/** All records of a run with one row at a time. */
export async function recordsOfRun<Row, Output>(
  contexts: readonly RowContext<Row>[],
  options: PooledExecutorOptions<Row, Output>,
): Promise<readonly AuditRecord[]> {
  const audit = new MemoryAuditTrail();
  await using executor = new PooledExecutor({ poolSize: 1, sliceSize: 1, ...options, audit });
  await executor.executeBatch(contexts, RUN);
  return audit.records;
}

/** The trail of a process that died before the first attempt of this row was on record. */
export async function diedBeforeAttempt<Row, Output>(
  rowIndex: number,
  contexts: readonly RowContext<Row>[],
  options: PooledExecutorOptions<Row, Output>,
): Promise<MemoryAuditTrail> {
  const records = await recordsOfRun(contexts, options);
  const position = records.findIndex((record) => record.kind === 'attempt' && record.rowIndex === rowIndex);
  expect(position).toBeGreaterThan(0);
  return trailOf(records.slice(0, position));
}

/** A record that a slice of one row was sent, as a trail that outlives its process has it. */
export function dispatchOf(trail: MemoryAuditTrail, rowIndex: number, attempt: number): AuditRecord {
  const { runId, batchId, at } = trail.records[0]!;
  return { kind: 'dispatch', runId, batchId, at, sliceId: 99, rowIndices: [rowIndex], attempts: [attempt] };
}
