import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import type { AuditTrail } from './audit/audit-trail.ts';
import { hashOfValue } from './audit/records.ts';
import type { ResolvedThrottleOptions } from './core/throttle/throttle-options.ts';
import type { Throttle } from './core/throttle/throttle.ts';
import { messageOf } from './core/row-error.ts';
import type { Transform } from './core/transform.ts';
import { ensurePortable } from './core/portable.ts';
import type { GlobalsWatch } from './engine/watched-globals.ts';
import {
  BATCH_OPTIONS,
  check,
  EXECUTOR_OPTIONS,
  refuse,
  SHUTDOWN_OPTIONS,
  STREAM_OPTIONS,
  THROTTLE_OPTIONS,
} from './option-schema.ts';

/** How a throttle reacts to refusals. Times are in ms. */
export interface ThrottleOptions {
  /** Least time between two dispatches, and the least value of the throttle's delay. Default 0. */
  readonly minDispatchDelayMs?: number | undefined;
  /** The most that the throttle's delay or a row's own backoff grows to. Default 5,000. */
  readonly maxDispatchDelayMs?: number | undefined;
  /** Factor of the delay per congestion event, finite and above 1. Default 2. */
  readonly backoffMultiplier?: number | undefined;
  /** How much a success takes off the delay, and the first delay after a refusal. Default 50. */
  readonly recoveryStepMs?: number | undefined;
}

/** Options of an executor. Checked once, at construction. Times are in ms. */
export interface PooledExecutorOptions<Row = unknown, Output = unknown> extends ThrottleOptions {
  /**
   * A module (a URL, or a path from the working directory) runs on worker threads; a function runs in-process, for
   * I/O-bound work and tests.
   */
  readonly transform: URL | string | Transform<Row, Output>;
  /** Which export of the module to run. Default `'default'`. */
  readonly exportName?: string | undefined;
  /** The most rows that run at once. Default: `os.availableParallelism()`. */
  readonly poolSize?: number | undefined;
  /** Worker threads; at most `poolSize`, the default. With fewer, async transforms share a thread. */
  readonly threads?: number | undefined;
  /** How long a refused row is tried again, from its first attempt. Above 0; Infinity is allowed. Default 3,600,000. */
  readonly maxCapacityRetryMs?: number | undefined;
  /** How long one attempt may run, from the row's own start. Above 0; more than 24.8 days count as that. Default: no limit. */
  readonly attemptTimeoutMs?: number | undefined;
  /** How long a worker may take to start and load the module. Above 0; Infinity is allowed. Default 300,000. */
  readonly loadTimeoutMs?: number | undefined;
  /** A row that kills its worker this often is given up. Default 2. */
  readonly maxRowCrashes?: number | undefined;
  /** Rows per message to a worker: a number, or `'auto'` (the default) to follow the measured row time. */
  readonly sliceSize?: number | 'auto' | undefined;
  /**
   * Where rows of a module run: on worker threads (`'thread'`, the default), or in child processes, one per thread
   * (`'process'`): slower by some 0.05 ms a row, but nothing that a row does can end the program.
   */
  readonly isolation?: 'thread' | 'process' | undefined;
  /** When a worker looks whether rows have changed its globals; see {@link GlobalsWatch}. Default `'sampled'`. */
  readonly watchGlobals?: GlobalsWatch | undefined;
  /** A worker that has run this many rows is replaced as soon as its successor is ready. Default: never. */
  readonly recycleAfterRows?: number | undefined;
  /** A worker that has more heap than this in use, garbage included, is replaced likewise. Default: never. */
  readonly recycleAfterHeapMb?: number | undefined;
  /** Default: its own. Pass a `sharedThrottle` to several executors that share a quota; its options hold then. */
  readonly throttle?: Throttle | undefined;
  /** Where everything that happens is put on record. Default: nowhere. The caller closes it. */
  readonly audit?: AuditTrail | undefined;
  /** Limits of each worker thread, as of `node:worker_threads`. Default: Node's, but `maxYoungGenerationSizeMb` 48. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** Cloned once into each worker thread: `context.workerData`, and `workerData` of `node:worker_threads`. */
  readonly workerData?: unknown;
  /** Environment of the worker threads. Default: a copy of the process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Node options of the worker threads. Default: those of the process. */
  readonly execArgv?: string[] | undefined;
}

/** What the caller of one batch can choose. */
export interface BatchOptions {
  /** When it is aborted, rows that have not started end as `aborted`; those that run finish. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The run on the audit trail that the batch belongs to; only for the record, so without `audit` it has no effect.
   * Default: a run of its own. Batches of one executor that share a runId are parts of one run and must share no rows: a
   * row used twice is refused. When the trail has the run on record from before this executor, the first batch continues
   * it: to continue a run, or to retry its failed rows, use a new executor. That batch must have all rows on record, in their order, and may have more
   * behind them. Rows whose result is on record are not run: their entries are given out again in place; the others run,
   * and number their attempts and calls on from the record.
   */
  readonly runId?: string | undefined;
  /**
   * Continue the run also where rows, transform or options differ from what is on record; the trail keeps what did.
   * Results on record are given out as they are. Default false: such a batch is refused.
   */
  readonly allowDrift?: boolean | undefined;
  /** Run the rows again whose result on record is an error; their new entries take the place of the old. Default false. */
  readonly retryFailed?: boolean | undefined;
  /** Called when something has changed, about once per slice. If it throws or rejects, a warning is given once and it goes on. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface StreamOptions extends BatchOptions {
  /**
   * The most rows admitted and not yet taken. Default: 4 * poolSize * the rows that a worker has at present (a slice,
   * and one behind it where a thread runs one at a time), at most 16,384; with a trail one more poolSize * these rows for
   * each ms that it takes to make records durable, up to 60.
   */
  readonly window?: number | undefined;
}

export interface Progress {
  readonly submitted: number;
  /** Rows whose entry was delivered, in order. */
  readonly emitted: number;
  /** Slices of the batch that workers have at this moment; each runs one row at a time. */
  readonly inFlight: number;
  /** Rows that wait out a refusal. */
  readonly inBackoff: number;
  readonly errors: number;
  /** The throttle's delay in force. */
  readonly currentDelayMs: number;
  /** Emitted rows per second over the last five seconds. */
  readonly rowsPerSecond: number;
}

/** Options with all defaults filled in. */
export interface ResolvedOptions extends ResolvedThrottleOptions {
  readonly transform: { readonly url: string } | { readonly fn: Transform<never, unknown> };
  readonly exportName: string;
  readonly poolSize: number;
  readonly threads: number;
  readonly maxCapacityRetryMs: number;
  readonly attemptTimeoutMs: number | undefined;
  readonly loadTimeoutMs: number;
  readonly maxRowCrashes: number;
  readonly sliceSize: number | 'auto';
  readonly isolation: 'thread' | 'process';
  readonly watchGlobals: GlobalsWatch;
  readonly recycleAfterRows: number | undefined;
  readonly recycleAfterHeapMb: number | undefined;
  readonly throttle: Throttle | undefined;
  readonly audit: AuditTrail | undefined;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly workerData: unknown;
  readonly env: NodeJS.ProcessEnv | undefined;
  readonly execArgv: string[] | undefined;
}

/**
 * Checks the options of an executor and fills in the defaults.
 *
 * @throws TypeError "Cannot create executor as 'poolSize' must be a positive integer: received 0".
 */
export function resolveOptions<Row, Output>(options: PooledExecutorOptions<Row, Output>): ResolvedOptions {
  check('create executor', EXECUTOR_OPTIONS, options);
  const poolSize = options.poolSize ?? availableParallelism();
  const resolved: ResolvedOptions = {
    transform: resolveTransform(options.transform),
    exportName: options.exportName ?? 'default',
    poolSize,
    threads: options.threads ?? poolSize,
    ...resolveDelays('create executor', options),
    maxCapacityRetryMs: options.maxCapacityRetryMs ?? 3_600_000,
    attemptTimeoutMs: options.attemptTimeoutMs && Math.min(options.attemptTimeoutMs, LONGEST_TIMEOUT_MS),
    loadTimeoutMs: options.loadTimeoutMs ?? 300_000,
    maxRowCrashes: options.maxRowCrashes ?? 2,
    sliceSize: options.sliceSize ?? 'auto',
    isolation: options.isolation ?? 'thread',
    watchGlobals: options.watchGlobals ?? 'sampled',
    recycleAfterRows: options.recycleAfterRows,
    recycleAfterHeapMb: options.recycleAfterHeapMb,
    throttle: options.throttle,
    audit: options.audit,
    resourceLimits: options.resourceLimits,
    workerData: options.workerData,
    env: options.env && withoutUndefined(options.env),
    execArgv: options.execArgv,
  };
  const { threads } = resolved;
  if (threads > poolSize) {
    refuse('create executor', 'threads', `must not be above poolSize (${poolSize})`, threads);
  }
  if ('fn' in resolved.transform) refuseOptionsOfWorkers(options);
  else checkWorkerData(resolved);
  return resolved;
}

/** Some 24.8 days: no timer of Node can be longer. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** What is promised of workers, of which a function has none. Those that only tune them do no harm. */
const OPTIONS_OF_WORKERS = [
  'exportName',
  'isolation',
  'watchGlobals',
  'recycleAfterRows',
  'recycleAfterHeapMb',
  'resourceLimits',
  'env',
  'execArgv',
] as const satisfies readonly (keyof PooledExecutorOptions)[];

function refuseOptionsOfWorkers(
  options: Pick<PooledExecutorOptions, (typeof OPTIONS_OF_WORKERS)[number]>,
): void {
  for (const name of OPTIONS_OF_WORKERS) {
    if (options[name] === undefined) continue;
    const rule =
      "must not be given with a function, which runs in-process: it is for a module as 'transform'";
    refuse('create executor', name, rule, options[name]);
  }
}

/** Each worker gets a clone of it. */
function checkWorkerData({ workerData, isolation }: ResolvedOptions): void {
  try {
    const clone: unknown = structuredClone(workerData);
    if (isolation === 'process') ensurePortable(clone, { sharedViews: true });
  } catch (reason) {
    const rule = `must be what can be cloned into a worker (${messageOf(reason)})`;
    refuse('create executor', 'workerData', rule, workerData);
  }
}

/** Variables that are undefined are not set: threads would get the text `undefined`. */
function withoutUndefined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

/**
 * The options that say how rows were run, as plain data for the trail: without the objects, and without `env`, which may
 * hold secrets; of `workerData` only the hash.
 */
export function recordedOptions(options: ResolvedOptions): Readonly<Record<string, unknown>> {
  const {
    transform: _transform,
    throttle: _throttle,
    audit: _audit,
    workerData,
    env: _env,
    ...plain
  } = options;
  return workerData === undefined ? plain : { ...plain, workerDataSha256: hashOfValue(workerData) };
}

/** @throws TypeError "Cannot start batch as 'signal' must be an AbortSignal: received 5". */
export function checkBatchOptions(options: BatchOptions): void {
  check('start batch', BATCH_OPTIONS, options);
}

/** @throws TypeError "Cannot start stream as 'window' must be a positive integer: received 0". */
export function checkStreamOptions(options: StreamOptions): void {
  check('start stream', STREAM_OPTIONS, options);
}

/** @throws TypeError "Cannot shut down as 'wait' must be true or false: received 'no'". */
export function checkShutdownOptions(options: { readonly wait?: boolean | undefined }): void {
  check('shut down', SHUTDOWN_OPTIONS, options);
}

function resolveTransform(transform: URL | string | Transform<never, unknown>): ResolvedOptions['transform'] {
  if (typeof transform === 'function') return { fn: transform };
  if (transform instanceof URL) return { url: transform.href };
  return { url: /^(file|data):/.test(transform) ? transform : pathToFileURL(resolve(transform)).href };
}

/**
 * Checks the options of a shared throttle and fills in the defaults.
 *
 * @throws TypeError "Cannot create throttle as 'backoffMultiplier' must be a finite number above 1: received NaN".
 */
export function resolveThrottleOptions(options: ThrottleOptions): ResolvedThrottleOptions {
  check('create throttle', THROTTLE_OPTIONS, options);
  return resolveDelays('create throttle', options);
}

function resolveDelays(action: string, options: ThrottleOptions): ResolvedThrottleOptions {
  const delays = {
    minDispatchDelayMs: options.minDispatchDelayMs ?? 0,
    maxDispatchDelayMs: options.maxDispatchDelayMs ?? 5_000,
    backoffMultiplier: options.backoffMultiplier ?? 2,
    recoveryStepMs: options.recoveryStepMs ?? 50,
  };
  const { minDispatchDelayMs, maxDispatchDelayMs, recoveryStepMs } = delays;
  if (minDispatchDelayMs > maxDispatchDelayMs) {
    const limit = `must not be above maxDispatchDelayMs (${maxDispatchDelayMs})`;
    refuse(action, 'minDispatchDelayMs', limit, minDispatchDelayMs);
  }
  if (recoveryStepMs === 0 && minDispatchDelayMs === 0) {
    refuse(action, 'recoveryStepMs', 'must be above 0 when minDispatchDelayMs is 0', recoveryStepMs);
  }
  return delays;
}
