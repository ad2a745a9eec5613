import { SqliteAuditTrail, TrailQuestionError } from '../index.ts';
import { messageOf, RunError, UsageError } from './exit.ts';

/**
 * Opens a trail for reading, asks, and closes it. Nothing is created or changed.
 *
 * @throws UsageError when the file is no trail, or has nothing of what was asked for
 * @throws RunError when it is damaged where it was read
 */
export async function askTrail<Answer>(
  path: string,
  ask: (trail: SqliteAuditTrail) => Promise<Answer>,
): Promise<Answer> {
  const trail = await open(path);
  try {
    return await ask(trail);
  } catch (reason) {
    if (reason instanceof TrailQuestionError) throw new UsageError(reason.message);
    if (reason instanceof UsageError) throw reason;
    throw new RunError(`Cannot read audit trail ${path} any further: ${messageOf(reason)}`);
  } finally {
    await trail.close();
  }
}

async function open(path: string): Promise<SqliteAuditTrail> {
  try {
    return await SqliteAuditTrail.open(path, { readOnly: true });
  } catch (reason) {
    throw new UsageError(messageOf(reason));
  }
}
