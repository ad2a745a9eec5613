import { setTimeout } from 'node:timers/promises';
import type { BenchRow } from '../rows.ts';

const WAIT_MS = 100;

/** Stands for a row that waits for a service and needs no CPU. */
export default async function wait(row: BenchRow): Promise<BenchRow> {
  return setTimeout(WAIT_MS, row);
}
