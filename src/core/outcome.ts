import { asCapacitySignal } from './capacity-error.ts';
import { describeThrown, isRetryable, type RowError, type RowErrorCode, messageOf } from './row-error.ts';
import type { TransformResult } from './transform-result.ts';

/** How one attempt ended: with the row's result, with a refusal, or not at all because its worker died. */
export type Outcome = TransformResult<unknown> | CapacityOutcome | LostOutcome;

export interface CapacityOutcome {
  readonly status: 'capacity';
  readonly error: RowError;
  readonly statusCode: number;
  readonly retryAfterMs?: number;
}

export interface LostOutcome {
  readonly status: 'lost';
  readonly error: RowError;
  readonly blame: Blame;
}

/**
 * What a row has to do with the loss of its worker: it did it; it may have; or it merely shared the worker with the row
 * that did it.
 */
export type Blame = 'culprit' | 'suspect' | 'bystander';

/** The outcome of an attempt that threw: a refusal or a failed row. */
export function outcomeOfThrown(thrown: unknown): Outcome {
  const signal = asCapacitySignal(thrown);
  const error = describeThrown(thrown);
  return signal === undefined
    ? { status: 'error', error, retryable: false }
    : { status: 'capacity', error: { ...error, statusCode: signal.statusCode }, ...signal };
}

/** A row's final result for a reason that lies outside of the transform. */
export function failure(
  code: RowErrorCode,
  message: string,
  more: Partial<RowError> = {},
): Extract<TransformResult<never>, { status: 'error' }> {
  return { status: 'error', error: { ...more, code, message }, retryable: isRetryable(code) };
}

/** The outcome of an attempt whose worker is gone. */
export function lost(reason: unknown, blame: Blame): LostOutcome {
  const text = messageOf(reason);
  return {
    status: 'lost',
    blame,
    error: { code: 'worker_lost', message: `Worker was lost while it ran the row: ${text}` },
  };
}
