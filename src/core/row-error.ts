import { deepClone } from './deep-clone.ts';
import { userStack } from './user-stack.ts';

/** Why a row failed; see each code in {@link RowErrorCode}. Plain data: it survives threads, JSON and the trail. */
export interface RowError {
  readonly code: RowErrorCode;
  readonly message: string;
  readonly name?: string;
  /** Without frames of Node and of this package. */
  readonly stack?: string;
  readonly cause?: RowError;
  /** The own properties of a thrown error, the thrown value itself when it was no error, or what `TransformResult.error` was given. */
  readonly details?: unknown;
  readonly statusCode?: number;
  /** With `capacity_retry_timeout`: time since the row's first attempt, in ms. */
  readonly elapsedMs?: number;
  /** With `capacity_retry_timeout` and `attempt_timeout`: the limit that was exceeded, in ms. */
  readonly maxMs?: number;
}

export type RowErrorCode =
  /** The transform threw, or its result can't leave the worker. */
  | 'transform_error'
  /** The transform returned `TransformResult.error(...)`. */
  | 'rejected'
  /** `maxCapacityRetryMs` was spent; carries `elapsedMs`, `maxMs` and `statusCode`. */
  | 'capacity_retry_timeout'
  /** One attempt ran longer than `attemptTimeoutMs`. */
  | 'attempt_timeout'
  /** The worker died while it ran the row. */
  | 'worker_lost'
  /** `shutdown({ wait: false })` came before the row had finished. */
  | 'shutdown_requested'
  /** The batch's signal was aborted, or its consumer stopped, before the row had finished. */
  | 'aborted';

const RETRYABLE: ReadonlySet<RowErrorCode> = new Set([
  'capacity_retry_timeout',
  'shutdown_requested',
  'aborted',
]);

/** Whether running the row again later may succeed, for every code but `rejected`, which says so itself. */
export function isRetryable(code: RowErrorCode): boolean {
  return RETRYABLE.has(code);
}

const MAX_DEPTH = 8;
const UNREADABLE = '(a value that can not be read)';
const CARRIED: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

/**
 * Describes any thrown value as plain data that can be cloned. Never throws, whatever the value's getters do; chains
 * of causes are followed {@link MAX_DEPTH} deep and never in a circle.
 */
export function describeThrown(thrown: unknown, code: RowErrorCode = 'transform_error'): RowError {
  return new Description(code).describe(thrown);
}

/** One description; knows what it has met already. */
class Description {
  readonly #code: RowErrorCode;
  readonly #seen = new Set<unknown>();
  readonly #lists = new Set<unknown>();

  constructor(code: RowErrorCode) {
    this.#code = code;
  }

  describe(thrown: unknown): RowError {
    const error = isError(thrown) ? this.#describeError(thrown) : this.#describeOther(thrown);
    const statusCode = readStatus(thrown);
    return statusCode === undefined ? error : { ...error, statusCode };
  }

  #describeError(error: object): RowError {
    this.#seen.add(error);
    const name = readString(error, 'name');
    const stack = readString(error, 'stack');
    const cause = read(error, 'cause');
    const details = this.#describeOwnProperties(error);
    return {
      code: this.#code,
      message: readString(error, 'message') ?? '(the message of the error can not be read)',
      ...(name === undefined ? {} : { name }),
      ...(stack === undefined ? {} : { stack: userStack(stack) }),
      ...(cause === undefined || !this.#mayDescend(cause) ? {} : { cause: this.describe(cause) }),
      ...(details === undefined ? {} : { details }),
    };
  }

  #describeOther(thrown: unknown): RowError {
    if (typeof thrown === 'string') return { code: this.#code, message: thrown };
    const details = this.#describeValue(thrown);
    return {
      code: this.#code,
      message: readString(thrown, 'message') ?? `Thrown value is not an error: ${describeShortly(thrown)}`,
      ...(details === undefined ? {} : { details }),
    };
  }

  /** Own properties beyond the standard ones; `errors` of an AggregateError is own but not enumerable. */
  #describeOwnProperties(error: object): object | undefined {
    const names = tryOr(() => Object.keys(error), []);
    if (tryOr(() => Array.isArray(read(error, 'errors')), false)) names.push('errors');
    const details: Record<string, unknown> = {};
    for (const name of new Set(names)) {
      if (CARRIED.has(name)) continue;
      const value = this.#describeValue(read(error, name));
      Object.defineProperty(details, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return Object.keys(details).length === 0 ? undefined : details;
  }

  #describeValue(value: unknown): unknown {
    if (isError(value)) return this.#mayDescend(value) ? this.describe(value) : describeShortly(value);
    return tryOr(() => this.#describeList(value) ?? deepClone(value), undefined) ?? this.#orShortly(value);
  }

  /** A list with errors in it: cloning would lose what they carry. */
  #describeList(value: unknown): unknown {
    if (!Array.isArray(value) || !value.some(isError) || this.#lists.has(value)) return undefined;
    this.#lists.add(value);
    return value.map((item) => this.#describeValue(item));
  }

  /** `null` and `undefined` are what they are; anything else could not be cloned. */
  #orShortly(value: unknown): unknown {
    return value === null || value === undefined ? value : describeShortly(value);
  }

  #mayDescend(value: unknown): boolean {
    return !this.#seen.has(value) && this.#seen.size < MAX_DEPTH;
  }
}

function describeShortly(value: unknown): string {
  return (
    tryOr(() => (typeof value === 'function' ? `[function ${value.name}]` : String(value)), undefined) ??
    tryOr(() => Object.prototype.toString.call(value), UNREADABLE)
  );
}

/** True for errors of this and of any other realm. */
function isError(value: unknown): value is object {
  return tryOr(
    () => value instanceof Error || Object.prototype.toString.call(value) === '[object Error]',
    false,
  );
}

function readStatus(thrown: unknown): number | undefined {
  return [read(thrown, 'statusCode'), read(thrown, 'status')].find((value) => typeof value === 'number');
}

function readString(value: unknown, name: string): string | undefined {
  const text = read(value, name);
  return typeof text === 'string' ? text : undefined;
}

function read(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  return tryOr(() => (value as Record<string, unknown>)[name], undefined);
}

/** Whatever user code does when it is looked at, it must not throw here. */
function tryOr<Value>(look: () => Value, otherwise: Value): Value {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

/** What a caught value says, whatever it is; never throws. */
export function messageOf(reason: unknown): string {
  return readString(reason, 'message') ?? describeShortly(reason);
}
