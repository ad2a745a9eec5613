import { generatedStateId } from '../core/generated-id.ts';
import { failure, lost, outcomeOfThrown, type Outcome } from '../core/outcome.ts';
import { describeThrown } from '../core/row-error.ts';
import type { Transform } from '../core/transform.ts';
import { isTransformResult } from '../core/transform-result.ts';
import { AttemptContext } from './attempt-context.ts';
import { decodeList, isJoinedText, textsIn, type Encoded, type EncodedList } from '../core/codec.ts';
import { POOL_COUNTER, type ConcurrencyGauge } from './concurrency-gauge.ts';
import { joinSnapshots } from '../core/snapshot.ts';
import type { CallRecorder, Slice, SliceReport, SliceRow } from './engine.ts';
import { SliceOutputs } from './slice-outputs.ts';
import type { RowEnd } from './kept-outcomes.ts';

/** The rows of a slice by columns, as they cross a boundary; a column that says nothing new is left out. */
export interface SliceJob {
  readonly sliceId: number;
  readonly counter: number;
  readonly count: number;
  readonly rows: EncodedList;
  /** Index of the first row. */
  readonly firstRowIndex: number;
  /** Absent when the indices are consecutive. */
  readonly rowIndices?: readonly number[] | undefined;
  /** Absent when the ids are made from the indices. */
  readonly stateIds?: readonly string[] | undefined;
  /** Absent when all are first attempts. */
  readonly attempts?: readonly number[] | undefined;
  /** Absent when no row has made a call yet. */
  readonly nextCallIndices?: readonly number[] | undefined;
}

/** The outcomes of a slice by columns, as they cross a boundary. */
export interface SliceReturn {
  /** Encoded outputs by row; meaningless for the rows listed in `others`. */
  readonly outputs: EncodedList;
  /** Length of each text in `outputs`, where those are joined and a trail will want them apart. */
  readonly outputLengths?: Int32Array | undefined;
  /** Rows that did not succeed, with their position. */
  readonly others: readonly (readonly [position: number, outcome: Outcome])[];
  readonly times: Float64Array;
  readonly nextCallIndices?: readonly number[] | undefined;
}

/** What stands for a slice of which no row has begun. */
export const UNTOUCHED: SliceReturn = { outputs: [], others: [], times: new Float64Array(0) };

/** What the place that runs a slice provides. */
export interface SliceHost {
  readonly transform: Transform<unknown, unknown>;
  readonly workerData: unknown;
  readonly gauge: ConcurrencyGauge;
  readonly recordCall: CallRecorder | undefined;
  /** Whether outputs of one shape may leave in columns; else each is encoded by itself. */
  readonly inColumns: boolean;
  now(): number;
  /** Gives the rows as the transform gets them: nobody else has these values. */
  decodeRows(rows: EncodedList): readonly unknown[];
  /** Whether to stop before the next row. */
  isCancelled(): boolean;
  /** The slice counts in the gauge, from here to {@link onSliceEnd}. */
  onSliceStart(): void;
  onSliceEnd(): void;
  onRowStart(position: number, startedAt: number, context: AttemptContext): void;
  /** Gives what `act` does, and has whatever `act` starts known as the attempt's. */
  within<One, Other, Result>(
    context: AttemptContext,
    act: (one: One, other: Other) => Result,
    one: One,
    other: Other,
  ): Result;
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

export function toJob(slice: Slice): SliceJob {
  const { sliceId, counter } = slice;
  return { sliceId, counter, ...(columnsOfFresh(slice) ?? columnsOf(slice)) };
}

type JobColumns = Omit<SliceJob, 'sliceId' | 'counter'>;

function columnsOfFresh({ columns, generatedIds }: Slice): JobColumns | undefined {
  if (columns === undefined) return undefined;
  const { names, ...common } = columns;
  if (names === undefined) return common;
  return { ...common, ...namesOf(names, generatedIds) };
}

function columnsOf({ rows, generatedIds }: Slice): JobColumns {
  const firstAttempts = rows.every(({ attempt }) => attempt === 1);
  const anyCalls = rows.some(({ nextCallIndex }) => nextCallIndex > 0);
  return {
    count: rows.length,
    rows: joinSnapshots(rows),
    ...namesOf(rows, generatedIds),
    attempts: firstAttempts ? undefined : rows.map((row) => row.attempt),
    nextCallIndices: anyCalls ? rows.map((row) => row.nextCallIndex) : undefined,
  };
}

function namesOf(
  rows: readonly Pick<SliceRow, 'rowIndex' | 'stateId'>[],
  generatedIds: boolean,
): Pick<SliceJob, 'firstRowIndex' | 'rowIndices' | 'stateIds'> {
  const firstRowIndex = rows[0]?.rowIndex ?? 0;
  const consecutive = rows.every(({ rowIndex }, position) => rowIndex === firstRowIndex + position);
  return {
    firstRowIndex,
    rowIndices: consecutive ? undefined : rows.map((row) => row.rowIndex),
    stateIds: generatedIds ? undefined : rows.map((row) => row.stateId),
  };
}

/** Turns the columns that crossed a boundary into outcomes, each time somebody asks for them. */
export function toReport(slice: SliceReturn, threadId = 0): SliceReport {
  const { others, times, nextCallIndices } = slice;
  return {
    threadId,
    times,
    nextCallIndices,
    disturbed: isDisturbed(others),
    // not kept: whoever still holds the report would hold every output
    get outcomes() {
      return decodeOutcomes(slice);
    },
    get encoded() {
      return encodedOutputs(slice);
    },
  };
}

/** As `disturbed` of a {@link SliceReport}. */
export function isDisturbed(others: SliceReturn['others']): boolean {
  return others.some(([, { status }]) => status === 'capacity' || status === 'lost');
}

function encodedOutputs({ outputs, outputLengths }: SliceReturn): readonly Encoded[] | undefined {
  if (outputLengths !== undefined) return textsIn(outputs, outputLengths);
  return Array.isArray(outputs) ? (outputs as readonly Encoded[]) : undefined;
}

function decodeOutcomes({ outputs, others }: SliceReturn): readonly Outcome[] {
  const outcomes: Outcome[] = decodeList(outputs).map((value) => ({ status: 'success', value }));
  for (const [position, outcome] of others) outcomes[position] = outcome;
  return outcomes;
}

/** The transform has returned a promise. */
class Awaited {
  readonly output: PromiseLike<unknown>;

  constructor(output: PromiseLike<unknown>) {
    this.output = output;
  }
}

/** Fewer outputs are not worth a group. */
const FEWEST_IN_COLUMNS = 8;

/** Runs the rows in order until one is refused or the slice is cancelled. Never rejects because of a row. */
export async function runSlice(job: SliceJob, host: SliceHost): Promise<SliceReturn> {
  const { count } = job;
  const outputs = new SliceOutputs(host.inColumns && count >= FEWEST_IN_COLUMNS, count);
  const others: [number, Outcome][] = [];
  const times = new Float64Array(2 * count);
  let nextCallIndices: number[] | undefined;
  let goesOn = true;
  let position = 0;
  if (host.isCancelled()) return UNTOUCHED;

  const rows = host.decodeRows(job.rows);
  const begin = (row: unknown, context: AttemptContext): Outcome | Awaited | undefined => {
    try {
      const returned = host.transform(row, context);
      return isThenable(returned) ? new Awaited(host.settle(returned, context)) : pack(returned, outputs);
    } catch (thrown) {
      return outcomeOf(thrown, context);
    }
  };
  // rows of a slice run one after another, so that it counts as one that runs
  for (const counter of [POOL_COUNTER, job.counter]) host.gauge.enter(counter);
  host.onSliceStart();
  let startedAt = host.now();
  for (; position < count && goesOn && !host.isCancelled(); position++) {
    const context = contextOf(job, position, host);
    host.onRowStart(position, startedAt, context);
    let other = host.within(context, begin, rows[position], context);
    if (other instanceof Awaited) {
      try {
        other = host.within(context, pack, await other.output, outputs);
      } catch (thrown) {
        other = outcomeOf(thrown, context);
      }
    }
    if (other !== undefined) {
      outputs.addNone();
      others.push([position, other]);
    }
    const finishedAt = host.now();
    goesOn =
      host.onRowEnd({ output: outputs.last, other, startedAt, finishedAt }) && other?.status !== 'capacity';

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
  const joined = outputs.join();
  return {
    outputs: joined,
    outputLengths: host.recordCall !== undefined && isJoinedText(joined) ? outputs.textLengths() : undefined,
    others,
    times: times.subarray(0, 2 * position),
    nextCallIndices,
  };
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

/** Adds what the transform returned to `outputs`, or gives the outcome that it stands for. Runs the user's getters. */
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
    return { status: 'error', error: structuredClone(returned.error), retryable: returned.retryable };
  } catch (reason) {
    const cause = describeThrown(reason);
    return failure('transform_error', `Result of the transform can not leave the worker: ${cause.message}`, {
      cause,
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false; // encoding it will say what is wrong with it
  }
}
