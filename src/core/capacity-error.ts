/** Registered, so that an error made by another copy of this package is still recognised. */
const BRAND = Symbol.for('pooled-executor.CapacityError');

export interface CapacityErrorOptions {
  /** How long the service asks to be left alone, in ms. Ignored when NaN or negative. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * Throw it in a transform to say "busy, come back later": the row is not failed but sent again after a
 * backoff, and the throttle slows all rows. Any of these is a refusal: whether {@link isCapacityStatus} holds for its
 * status is not looked at.
 */
export class CapacityError extends Error {
  override readonly name = 'CapacityError';
  readonly statusCode: number;
  declare readonly retryAfterMs?: number;

  constructor(statusCode: number, message?: string, options: CapacityErrorOptions = {}) {
    super(
      message ?? `Service is at capacity (status ${statusCode})`,
      'cause' in options ? { cause: options.cause } : {},
    );
    this.statusCode = statusCode;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }

  get [BRAND](): true {
    return true;
  }
}

/** True for the HTTP statuses that mean "too busy now": 429, 503 and 529. */
export function isCapacityStatus(status: number): boolean {
  return status === 429 || status === 503 || status === 529;
}

/** What a capacity error says, independent of the class that said it. */
export interface CapacitySignal {
  readonly statusCode: number;
  readonly retryAfterMs?: number;
}

/**
 * The one place where a thrown value is classified: a {@link CapacityError}, or anything whose numeric `status`
 * or `statusCode` is a capacity status. Returns undefined for every other value; never throws.
 */
export function asCapacitySignal(thrown: unknown): CapacitySignal | undefined {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) return undefined;
  try {
    const { status, statusCode, retryAfterMs } = thrown as Record<string, unknown>;
    const branded = (thrown as Record<symbol, unknown>)[BRAND] === true;
    const code = [statusCode, status].find(
      (value) => typeof value === 'number' && (branded || isCapacityStatus(value)),
    );
    if (typeof code !== 'number') return undefined;
    return isWait(retryAfterMs) ? { statusCode: code, retryAfterMs } : { statusCode: code };
  } catch {
    return undefined; // a getter or proxy that throws says nothing about capacity
  }
}

function isWait(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}
