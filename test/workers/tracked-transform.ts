/** Rows are numbers; notes each run on the stage. The counterpart of makeTrackedTransform. */
import type { TransformContext } from '../../src/index.ts';
import { stageOf } from './stage-of.ts';

export default function tracked(row: number, { workerData, attempt }: TransformContext): number {
  if (typeof row !== 'number') return row;
  const stage = stageOf(workerData);
  stage.enter(row, attempt);
  stage.leave(row, attempt);
  return row * 10;
}
