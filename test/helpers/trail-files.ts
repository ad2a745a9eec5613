import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SqliteAuditTrail, type AuditRecord, type SqliteAuditTrailOptions } from '../../src/index.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pooled-executor-trail-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A path where there is no trail yet. */
export function trailPath(): string {
  return join(temporaryFolder(), 'run.audit.db');
}

/** A trail that is closed after the test. */
export function openTrail(
  path: string = trailPath(),
  options: SqliteAuditTrailOptions = {},
): SqliteAuditTrail {
  const trail = new SqliteAuditTrail(path, options);
  onTestFinished(() => trail.close());
  return trail;
}

/** All records that a trail gives, in their order. */
export async function recordsIn(
  trail: SqliteAuditTrail,
  filter?: Parameters<SqliteAuditTrail['records']>[0],
): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const page of trail.records(filter)) for (const { record } of page) records.push(record);
  return records;
}
