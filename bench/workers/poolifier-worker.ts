import { ThreadWorker } from 'poolifier';
import type { BenchRow } from '../rows.ts';
import transform from './transform.ts';

export default new ThreadWorker<BenchRow, BenchRow>((row) => transform(row as BenchRow), {
  maxInactiveTime: 60_000,
});
