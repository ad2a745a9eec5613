import { setTimeout } from 'node:timers/promises';
import type { TransformContext } from '../../src/index.ts';
import type { BenchRow } from '../rows.ts';

/** Stands for a row that waits for a service, as many ms as `workerData` says, and needs no CPU. */
export default async function wait(row: BenchRow, { workerData }: TransformContext): Promise<BenchRow> {
  return setTimeout(workerData as number, row);
}
