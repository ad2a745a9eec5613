/** Each row says how its attempts end. The counterpart of makeFailingTransform, and usable in-process. */
import { CapacityError, type TransformContext } from '../../src/index.ts';
import { stageOf } from './stage-of.ts';

export interface ScriptedRow {
  readonly id: number;
  /** The first attempts, this many, are refused. */
  readonly refusals?: number;
  readonly retryAfterMs?: number;
  /** Then, the row fails with this message. */
  readonly error?: string;
  /** Else, it waits at its gate before it ends; only in a thread. */
  readonly held?: boolean;
}

export default function failing(row: ScriptedRow, { workerData, attempt }: TransformContext): number {
  if (typeof row !== 'object') return row;
  const stage = workerData === undefined ? undefined : stageOf(workerData);
  const { id, refusals = 0, retryAfterMs, error, held } = row;
  stage?.enter(id, attempt);
  try {
    if (attempt <= refusals)
      throw new CapacityError(503, 'busy', retryAfterMs === undefined ? {} : { retryAfterMs });
    if (held === true) stage?.awaitGate(id);
    if (error !== undefined) throw new Error(error);
    return id * 10;
  } finally {
    stage?.leave(id, attempt);
  }
}
