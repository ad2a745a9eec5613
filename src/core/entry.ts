import type { TransformResult } from './transform-result.ts';

/** One result with its place in the order. */
export interface Entry<Output> {
  readonly rowIndex: number;
  readonly stateId: string;
  readonly result: TransformResult<Output>;
  /** Position in the order of submission, from 0 per batch. Entries are emitted in this order. */
  readonly submitIndex: number;
  /** Position in the order of completion, from 0 per batch. */
  readonly completeIndex: number;
  /** Epoch ms. */
  readonly submittedAt: number;
  /** Epoch ms. */
  readonly completedAt: number;
  /** How long the result waited for the rows before it, in ms. */
  readonly bufferWaitMs: number;
  /** Runs of the transform on this row; 0 for a row that never started. */
  readonly attempts: number;
}
