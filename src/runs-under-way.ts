import { inspect } from 'node:util';
import type { AuditTrail } from './audit/audit-trail.ts';

interface Occupation {
  readonly owner: object;
  batches: number;
}

/** Which runs executors of this process are at, by trail: what is on record of such a run is not what a dead one has left. */
const OCCUPIED = new WeakMap<AuditTrail, Map<string, Occupation>>();

/**
 * Notes that a batch of this owner is at a run, until what is returned is called.
 *
 * @param action what the batch is about to do, for the message
 * @throws Error when another owner's batch is at the run
 */
export function occupyRun(
  audit: AuditTrail,
  runId: string,
  { owner, action }: { readonly owner: object; readonly action: string },
): () => void {
  const runs = OCCUPIED.get(audit) ?? new Map<string, Occupation>();
  OCCUPIED.set(audit, runs);
  const occupation = runs.get(runId) ?? { owner, batches: 0 };
  if (occupation.owner !== owner) {
    const remedy = 'wait until that has ended, or choose another runId';
    throw new Error(
      `Cannot ${action} as another executor of this process is at run ${inspect(runId)}: ${remedy}`,
    );
  }
  occupation.batches++;
  runs.set(runId, occupation);
  return () => {
    if (--occupation.batches === 0) runs.delete(runId);
  };
}
