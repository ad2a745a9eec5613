import type { RowError } from './row-error.ts';
import { shown } from './shown.ts';

/** Registered, so that a result made by another copy of this package is still recognised. */
const BRAND = Symbol.for('pooled-executor.TransformResult');

/** How a row ended. `retryable` says whether running the row again later may succeed. */
export type TransformResult<Output> =
  | { readonly status: 'success'; readonly value: Output }
  | { readonly status: 'error'; readonly error: RowError; readonly retryable: boolean };

class SuccessResult<Output> {
  readonly status = 'success';
  readonly value: Output;
  constructor(value: Output) {
    this.value = value;
  }
}

class ErrorResult {
  readonly status = 'error';
  readonly error: RowError;
  readonly retryable: boolean;
  constructor(error: RowError, retryable: boolean) {
    this.error = error;
    this.retryable = retryable;
  }
}

for (const type of [SuccessResult, ErrorResult])
  Object.defineProperty(type.prototype, BRAND, { value: true });

/**
 * Makes the results that a transform may return instead of a bare output. Only values made here count as results: a
 * plain object with the same fields is an output like any other.
 */
export const TransformResult = {
  /** The row succeeded with `value`; the same as returning `value`. */
  success<Output>(value: Output): TransformResult<Output> {
    return new SuccessResult(value);
  },
  /**
   * The row failed with code `rejected`. `retryable` defaults to false.
   *
   * @throws TypeError "Cannot reject row as 'message' must be a string: received 5".
   */
  error(
    error: { readonly message: string; readonly details?: unknown },
    options: { readonly retryable?: boolean } = {},
  ): TransformResult<never> {
    checkError(error);
    const { message, details } = error;
    return new ErrorResult(
      { code: 'rejected', message, ...(details === undefined ? {} : { details }) },
      options.retryable ?? false,
    );
  },
};

/** Types say so too, which plain JavaScript does not see. */
function checkError(error: unknown): void {
  if (typeof error !== 'object' || error === null) {
    throw new TypeError(
      `Cannot reject row as its error must be an object with a 'message': received ${shown(error)}`,
    );
  }
  const { message } = error as { readonly message?: unknown };
  if (typeof message === 'string') return;
  throw new TypeError(`Cannot reject row as 'message' must be a string: received ${shown(message)}`);
}

/** Whether a transform returned a result made by {@link TransformResult} rather than a bare output. */
export function isTransformResult(value: unknown): value is TransformResult<unknown> {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}
