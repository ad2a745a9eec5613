import { deepClone } from '../core/deep-clone.ts';
import { generatedStateId } from '../core/generated-id.ts';
import { failure, lost, outcomeOfThrown, type Outcome } from '../core/outcome.ts';
import { withPortableDetails } from '../core/portable.ts';
import { describeThrown } from '../core/row-error.ts';
import type { Transform } from '../core/transform.ts';
import { isTransformResult } from '../core/transform-result.ts';
import { AttemptContext } from './attempt-context.ts';
import { isJoinedText, type EncodedList } from '../core/codec.ts';
import { POOL_COUNTER, type ConcurrencyGauge } from './concurrency-gauge.ts';
import type { CallRecorder, EnsureSendable } from './engine.ts';
import { UNTOUCHED, type SliceJob, type SliceReturn } from './slice-columns.ts';
import { SliceOutputs } from './slice-outputs.ts';
import type { RowEnd } from './row-end.ts';

/** What the place that runs a slice provides. */
export interface SliceHost {
  readonly transform: Transform<unknown, unknown>;
  readonly workerData: unknown;
  readonly gauge: ConcurrencyGauge;
  readonly recordCall: CallRecorder | undefined;
  /** Whether outputs of one shape may leave in columns; else each is encoded by itself. */
  readonly inColumns: boolean;
  /**
   * The strings that {@link onRowEnd} was given as `text` in this slice. Undefined where outputs that are strings can't leave
   * as what is kept of them.
   */
  readonly keptTexts?: (() => readonly string[]) | undefined;
  /** Whether outputs that were moved may leave as they are. */
  readonly handsOn: boolean;
  /** Undefined where every clone can go where outcomes go. */
  readonly ensureSendable?: EnsureSendable | undefined;
  now(): number;
  /** Gives the rows as the transform gets them: nobody else has these values. */
  decodeRows(rows: EncodedList): readonly unknown[];
  /** Whether to stop before the next row. */
  isCancelled(): boolean;
  /** The slice counts in the gauge, also in this counter of its batch, from here to {@link onSliceEnd}. */
  onSliceStart(counter: number): void;
  onSliceEnd(): void;
  onRowStart(position: number, startedAt: number, context: AttemptContext): void;
  /** The row is over, well or not. False when no other may start before its outcome has left with the slice. */
  onRowEnd(end: RowEnd): boolean;
  /** Called between two rows, where there is something to wait for. */
  readonly pause?: (() => Promise<void>) | undefined;
  /** The transform returned a promise: settles as it does, and rejects with {@link AttemptTimeout} when it takes too long. */
  settle(output: PromiseLike<unknown>, context: AttemptContext): PromiseLike<unknown>;
}

/** An async attempt ran longer than it may. */
export class AttemptTimeout extends Error {
  readonly maxMs: number;

  constructor(maxMs: number) {
    super(attemptTimeoutMessage(maxMs));
    this.name = 'TimeoutError';
    this.maxMs = maxMs;
  }
}

export function attemptTimeoutMessage(maxMs: number): string {
  return `Attempt ran longer than attemptTimeoutMs (${maxMs} ms)`;
}

/** Up to so many rows have their times in a list. */
const FEW_ROWS = 4;
/** Fewer outputs are not worth a group. */
const FEWEST_IN_COLUMNS = 8;

/** Runs the rows in order until one is refused or the slice is cancelled. Never rejects because of a row. */
export async function runSlice(job: SliceJob, host: SliceHost): Promise<SliceReturn> {
  const { count } = job;
  const { transform, handsOn, keptTexts, ensureSendable } = host;
  const inColumns = host.inColumns && count >= FEWEST_IN_COLUMNS;
  const outputs = new SliceOutputs({ inColumns, keptTexts, expected: count, handsOn, ensureSendable });
  const others: [number, Outcome][] = [];
  const times = new Float64Array(2 * count);
  let nextCallIndices: number[] | undefined;
  let goesOn = true;
  let isFull = false;
  let position = 0;
  if (host.isCancelled()) return UNTOUCHED;

  const rows = host.decodeRows(job.rows);
  // rows of a slice run one after another, so that it counts as one that runs
  for (const counter of [POOL_COUNTER, job.counter]) host.gauge.enter(counter);
  host.onSliceStart(job.counter);
  let startedAt = host.now();
  for (; position < count && goesOn && !host.isCancelled(); position++) {
    const context = contextOf(job, position, host);
    let returned: unknown;
    let other: Outcome | undefined;
    host.onRowStart(position, startedAt, context);
    try {
      returned = transform(rows[position], context);
      if (isThenable(returned)) returned = await host.settle(returned, context);
    } catch (thrown) {
      other = outcomeOf(thrown, context);
    }
    other ??= pack(returned, outputs); // runs code of the user where it meets getters
    if (other !== undefined) {
      other = sendable(other, ensureSendable);
      outputs.addNone();
      others[others.length] = [position, other]; // not by a method that a row may have exchanged
    }
    const finishedAt = host.now();
    const { last: output, lastText: text } = outputs;
    const isKept = host.onRowEnd({ text, output, other, startedAt, finishedAt });
    if (!isKept) outputs.holdAll();
    isFull = !isKept && position + 1 < count;
    goesOn = isKept && other?.status !== 'capacity';

    const nextCallIndex = AttemptContext.nextCallIndexOf(context);
    if (nextCallIndex > 0) {
      nextCallIndices ??= new Array<number>(count).fill(0);
      nextCallIndices[position] = nextCallIndex;
    }
    times[2 * position] = startedAt;
    times[2 * position + 1] = finishedAt;
    startedAt = finishedAt;
    if (host.pause !== undefined) await host.pause();
  }
  host.onSliceEnd();
  for (const counter of [POOL_COUNTER, job.counter]) host.gauge.leave(counter);
  const { areKept } = outputs;
  const joined = areKept ? [] : outputs.join();
  const wantsLengths = host.recordCall !== undefined && isJoinedText(joined);
  return {
    outputs: joined,
    textsAreKept: areKept || undefined,
    outputLengths: wantsLengths ? outputs.textLengths() : undefined,
    isFull: isFull || undefined,
    others,
    times: position > FEW_ROWS ? times.subarray(0, 2 * position) : listOf(times, 2 * position),
    nextCallIndices,
  };
}

/** The first of the numbers. Not by a method that a row may have exchanged. */
function listOf(numbers: Float64Array, count: number): number[] {
  const list: number[] = [];
  for (let index = 0; index < count; index++) list[index] = numbers[index] as number;
  return list;
}

function contextOf(job: SliceJob, position: number, host: SliceHost): AttemptContext {
  const rowIndex = job.rowIndices?.[position] ?? job.firstRowIndex + position;
  const identity = {
    sliceId: job.sliceId,
    stateId: job.stateIds?.[position] ?? generatedStateId(rowIndex),
    rowIndex,
    attempt: job.attempts?.[position] ?? 1,
    nextCallIndex: job.nextCallIndices?.[position] ?? 0,
  };
  return new AttemptContext(identity, host.workerData, host.recordCall);
}

function outcomeOf(thrown: unknown, context: AttemptContext): Outcome {
  const reason = AttemptContext.abortReasonOf(context);
  // by identity: a thrown proxy may refuse to be asked for its class
  if (reason === undefined || thrown !== reason) return outcomeOfThrown(thrown);
  if (reason instanceof AttemptTimeout) {
    return failure('attempt_timeout', reason.message, { maxMs: reason.maxMs });
  }
  return lost(reason, 'bystander');
}

/** Adds what the transform returned to `outputs`, or gives the outcome that it stands for. */
function pack(returned: unknown, outputs: SliceOutputs): Outcome | undefined {
  try {
    if (!isTransformResult(returned)) {
      outputs.add(returned);
      return undefined;
    }
    if (returned.status === 'success') {
      outputs.add(returned.value);
      return undefined;
    }
    // a plain object: only own data of the result may cross
    return { status: 'error', error: deepClone(returned.error), retryable: returned.retryable };
  } catch (reason) {
    return outputFailure(reason);
  }
}

/** What came instead of an output, with no details that can't be sent. */
function sendable(other: Outcome, ensureSendable: EnsureSendable | undefined): Outcome {
  if (ensureSendable === undefined || other.status === 'success') return other;
  return { ...other, error: withPortableDetails(other.error, ensureSendable) };
}

/** The outcome of a row whose output can't be sent for this reason. */
function outputFailure(reason: unknown): Outcome {
  const cause = describeThrown(reason);
  const message = `Result of the transform can not leave the worker: ${cause.message}`;
  return failure('transform_error', message, { cause });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false; // encoding it will say what is wrong with it
  }
}
