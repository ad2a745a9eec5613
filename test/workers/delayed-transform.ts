/** Rows are numbers; each waits at its gate of the stage. The counterpart of makeDelayedTransform. */
import type { TransformContext } from '../../src/index.ts';
import { stageOf } from './stage-of.ts';

/** Blocks the thread while the row waits. */
export default function delayed(row: number, { workerData, attempt }: TransformContext): number {
  if (typeof row !== 'number') return row;
  const stage = stageOf(workerData);
  stage.enter(row, attempt);
  stage.awaitGate(row);
  stage.leave(row, attempt);
  return row * 10;
}

/** Leaves the thread free for other rows while the row waits. */
export async function delayedAsync(row: number, { workerData, attempt }: TransformContext): Promise<number> {
  if (typeof row !== 'number') return row;
  const stage = stageOf(workerData);
  stage.enter(row, attempt);
  await stage.gate(row);
  stage.leave(row, attempt);
  return row * 10;
}
