import { inspect } from 'node:util';
import * as v from 'valibot';

const MAX_POOL_SIZE = 4_096;

const must = (what: string, check: (value: unknown) => boolean) => v.custom<never>(check, `must be ${what}`);
const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) && // it has a 'join'
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

const positiveInteger = (most = Number.MAX_SAFE_INTEGER) =>
  must(
    most === Number.MAX_SAFE_INTEGER ? 'a positive integer' : `a positive integer of at most ${most}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most,
  );
const duration = must(
  'a finite number of ms, 0 or more',
  (value) => isNumber(value) && value >= 0 && value < Infinity,
);
const boolean = must('true or false', (value) => typeof value === 'boolean');
const nonEmptyString = must('a non-empty string', (value) => typeof value === 'string' && value !== '');

const text = must('a string', (value) => typeof value === 'string');
const sizeMb = must(
  'a finite number of MB above 0',
  (value) => isNumber(value) && value > 0 && value < Infinity,
);

const RESOURCE_LIMITS = {
  maxOldGenerationSizeMb: v.optional(sizeMb),
  maxYoungGenerationSizeMb: v.optional(sizeMb),
  codeRangeSizeMb: v.optional(sizeMb),
  stackSizeMb: v.optional(sizeMb),
};

const THROTTLE_ENTRIES = {
  minDispatchDelayMs: v.optional(duration),
  maxDispatchDelayMs: v.optional(
    must('a finite number of ms above 0', (value) => isNumber(value) && value > 0 && value < Infinity),
  ),
  backoffMultiplier: v.optional(
    must('a finite number above 1', (value) => isNumber(value) && value > 1 && value < Infinity),
  ),
  recoveryStepMs: v.optional(duration),
};

export const THROTTLE_OPTIONS = v.strictObject(THROTTLE_ENTRIES);

export const EXECUTOR_OPTIONS = v.strictObject({
  transform: must(
    'a URL, a non-empty path or a function',
    (value) =>
      value instanceof URL || typeof value === 'function' || (typeof value === 'string' && value !== ''),
  ),
  exportName: v.optional(nonEmptyString),
  poolSize: v.optional(positiveInteger(MAX_POOL_SIZE)),
  threads: v.optional(positiveInteger(MAX_POOL_SIZE)),
  ...THROTTLE_ENTRIES,
  maxCapacityRetryMs: v.optional(must('a number of ms above 0', (value) => isNumber(value) && value > 0)),
  attemptTimeoutMs: v.optional(
    must('a finite number of ms above 0', (value) => isNumber(value) && value > 0 && value < Infinity),
  ),
  loadTimeoutMs: v.optional(must('a number of ms above 0', (value) => isNumber(value) && value > 0)),
  maxRowCrashes: v.optional(positiveInteger()),
  sliceSize: v.optional(
    must(
      "'auto' or a positive integer",
      (value) => value === 'auto' || (Number.isSafeInteger(value) && (value as number) >= 1),
    ),
  ),
  isolation: v.optional(must("'thread' or 'process'", (value) => value === 'thread' || value === 'process')),
  watchGlobals: v.optional(
    must(
      "'sampled', 'each-row' or 'off'",
      (value) => value === 'sampled' || value === 'each-row' || value === 'off',
    ),
  ),
  recycleAfterRows: v.optional(positiveInteger()),
  recycleAfterHeapMb: v.optional(sizeMb),
  throttle: v.optional(must('a throttle', (value) => hasMethods(value, ['join']))),
  audit: v.optional(
    must('an audit trail (append and close)', (value) => hasMethods(value, ['append', 'close'])),
  ),
  resourceLimits: v.optional(v.strictObject(RESOURCE_LIMITS)),
  workerData: v.optional(v.unknown()),
  env: v.optional(v.record(v.string(), v.optional(text))),
  execArgv: v.optional(
    must(
      'an array of strings',
      (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    ),
  ),
});

const BATCH_ENTRIES = {
  signal: v.optional(must('an AbortSignal', (value) => value instanceof AbortSignal)),
  runId: v.optional(nonEmptyString),
  allowDrift: v.optional(boolean),
  retryFailed: v.optional(boolean),
  onProgress: v.optional(must('a function', (value) => typeof value === 'function')),
};
export const BATCH_OPTIONS = v.strictObject(BATCH_ENTRIES);
export const SHUTDOWN_OPTIONS = v.strictObject({ wait: v.optional(boolean) });
export const STREAM_OPTIONS = v.strictObject({ ...BATCH_ENTRIES, window: v.optional(positiveInteger()) });

/** @throws TypeError that names the option, the rule and the value. */
export function check(action: string, schema: v.GenericSchema, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`Cannot ${action} as its options must be an object: received ${show(options)}`);
  }
  const [issue] = v.safeParse(schema, options).issues ?? [];
  if (issue === undefined) return;
  const path = issue.path ?? [];
  const key = path.map((item) => String(item.key)).join('.');
  const last = path.at(-1);
  const isGiven = last !== undefined && Object.hasOwn(last.input as object, last.key as PropertyKey);
  if (!isGiven && issue.type !== 'custom') refuse(action, key, 'must be given', undefined);
  refuse(action, key, ruleOf(issue), last?.value);
}

function ruleOf({ type, expected, message }: v.BaseIssue<unknown>): string {
  if (type === 'custom') return message;
  return expected === 'never' ? 'is not an option' : 'must be an object';
}

/** @throws TypeError, always. */
export function refuse(action: string, key: string, rule: string, received: unknown): never {
  throw new TypeError(`Cannot ${action} as '${key}' ${rule}: received ${show(received)}`);
}

function show(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 80 });
}
