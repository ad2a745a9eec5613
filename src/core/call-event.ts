import type { Encoded } from './codec.ts';
import type { RowError } from './row-error.ts';

/** One side of an external call, while the row that makes it still runs. */
export interface CallEvent {
  readonly stateId: string;
  readonly callIndex: number;
  readonly attempt: number;
  readonly name: string;
  readonly phase: 'request' | 'response' | 'error';
  /** The request or the response. */
  readonly payload?: Encoded;
  readonly error?: RowError;
}
