import {
  CapacityError,
  MemoryAuditTrail,
  PooledExecutor,
  type AuditRecord,
  type AuditTrail,
} from '../../src/index.ts';
import { contextsOf, range } from './rows.ts';

export const STORY_ROWS = 12;
/** Refused twice, then succeeds. */
export const REFUSED = 3;
/** Fails. */
export const FAILED = 5;
/** Makes two calls, of which the second fails, which it catches. */
export const CALLING = 7;

/** Runs {@link STORY_ROWS} rows, some of which have a story, as run `story`, and records them. */
export async function recordStories(audit: AuditTrail, runId = 'story'): Promise<void> {
  await using executor = new PooledExecutor<number, unknown>({
    poolSize: 3,
    minDispatchDelayMs: 0,
    recoveryStepMs: 1,
    maxDispatchDelayMs: 2,
    audit,
    transform: async (row, context) => {
      if (row === REFUSED && context.attempt < 3) throw new CapacityError(503, 'busy');
      if (row === FAILED) throw new RangeError('too large');
      if (row !== CALLING) return row * 2;
      const found = await context.call('find', { row }, (request) => ({ found: request.row }));
      await context.call('store', found, () => Promise.reject(new Error('no space'))).catch(() => undefined);
      return found;
    },
  });
  await executor.executeBatch(contextsOf(range(STORY_ROWS)), { runId });
}

/** The records of such a run. */
export async function storyRecords(): Promise<readonly AuditRecord[]> {
  const audit = new MemoryAuditTrail();
  await recordStories(audit);
  return audit.records;
}
