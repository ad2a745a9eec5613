/** Rows wait at their gates without blocking the thread, and then do what they say. */
import { stageOf } from './stage-of.ts';
import type { TransformContext } from '../../src/index.ts';

export interface SharingRow {
  readonly id: number;
  readonly then?: 'exit' | 'fill the heap';
}

export default async function sharing(
  row: SharingRow,
  { attempt, workerData }: TransformContext,
): Promise<unknown> {
  if (typeof row !== 'object') return row;
  const { id, then } = row;
  const stage = stageOf(workerData);
  stage.enter(id, attempt);
  await stage.gate(id);
  if (then === 'exit') process.exit(1);
  if (then === 'fill the heap') fillHeap();
  stage.leave(id, attempt);
  return id * 10;
}

function fillHeap(): never {
  const kept = new Map<number, object>();
  for (let key = 0; ; key++) kept.set(key, { key, text: `object ${key}` });
}
