/** Rows are numbers; each waits until its context's signal is aborted, then says why. */
import type { TransformContext } from '../../src/index.ts';
import { stageOf } from './stage-of.ts';

export default async function untilAborted(
  row: number,
  { signal, attempt, workerData }: TransformContext,
): Promise<string> {
  if (typeof row !== 'number') return row;
  const stage = stageOf(workerData);
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
  await Promise.resolve(); // so that the executor knows by now that the row waits for a promise
  stage.enter(row, attempt);
  await aborted;
  stage.leave(row, attempt);
  return (signal.reason as Error).message;
}
