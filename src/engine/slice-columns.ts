import { joinSnapshots } from '../core/snapshot.ts';
import { decodeList, encode, movedIn, textsIn, type Encoded, type EncodedList } from '../core/codec.ts';
import { TextRows } from '../core/text-rows.ts';
import { handedOn, isWhole, type MovedContent } from '../core/moved.ts';
import { failure, lost, type Outcome } from '../core/outcome.ts';
import { messageOf } from '../core/row-error.ts';
import type { Slice, SliceReport, SliceRow } from './engine.ts';

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
  /** All rows have succeeded with strings, which are not in `outputs`, but in the memory of the slice's lane. */
  readonly textsAreKept?: true | undefined;
  /** Length of each text in `outputs`, where those are joined and a trail will want them apart. */
  readonly outputLengths?: Int32Array | undefined;
  /** As of a {@link SliceReport}. */
  readonly isFull?: true | undefined;
  /** Rows that did not succeed, with their position. */
  readonly others: readonly (readonly [position: number, outcome: Outcome])[];
  /** As of a {@link SliceReport}; of a few rows as a list, which crosses sooner than a buffer of its own. */
  readonly times: Float64Array | readonly number[];
  readonly nextCallIndices?: readonly number[] | undefined;
}

/** What stands for a slice of which no row has begun. */
export const UNTOUCHED: SliceReturn = { outputs: [], others: [], times: [] };

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

/**
 * Turns the columns that crossed a boundary into outcomes, each time somebody asks for them. Where they can't be read, as a row
 * has exchanged what they were made with, the rows count as lost, and `onUnreadable` is called.
 */
export function toReport(slice: SliceReturn, threadId = 0, onUnreadable?: () => void): SliceReport {
  const { others, times, nextCallIndices, isFull } = slice;
  return {
    threadId,
    isFull,
    times: times instanceof Float64Array ? times : new Float64Array(times),
    nextCallIndices,
    disturbed: isDisturbed(others),
    // not kept: whoever still holds the report would hold every output
    get outcomes() {
      try {
        return decodeOutcomes(slice);
      } catch (reason) {
        onUnreadable?.();
        return Array.from({ length: times.length / 2 }, () => lost(reason, 'suspect'));
      }
    },
    get texts() {
      return textOutputs(slice);
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

/**
 * What leaves the worker of a slice whose only row was handed over: the row too, if it has to be run again. A row that was
 * refused, and can not go back, has failed.
 */
export function withUnfinished(
  { rows }: Pick<SliceJob, 'rows'>,
  slice: SliceReturn,
): { readonly slice: SliceReturn; readonly unfinished?: MovedContent } {
  const moved = movedIn(rows);
  const { times, others } = slice;
  if (moved === undefined || (times.length > 0 && !isDisturbed(others))) return { slice };
  try {
    if (!isWhole(moved)) throw new Error('its memory has been given away');
    return { slice, unfinished: handedOn(moved) };
  } catch (reason) {
    return {
      slice: { ...slice, others: others.map(([position, other]) => [position, failed(other, reason)]) },
    };
  }
}

function failed(other: Outcome, reason: unknown): Outcome {
  if (other.status !== 'capacity') return other;
  const message = `Row was refused and can not be run again: it was moved, and can not go back: ${messageOf(reason)}`;
  return failure('transform_error', message, { cause: other.error });
}

function textOutputs({ outputs }: SliceReturn): TextRows | undefined {
  return typeof outputs === 'object' && 'texts' in outputs ? new TextRows(outputs.texts) : undefined;
}

function encodedOutputs({ outputs, outputLengths }: SliceReturn): readonly Encoded[] | undefined {
  if (outputLengths !== undefined) return textsIn(outputs, outputLengths);
  if (typeof outputs === 'object' && 'texts' in outputs)
    return new TextRows(outputs.texts).list().map(encode);
  return Array.isArray(outputs) ? (outputs as readonly Encoded[]) : undefined;
}

function decodeOutcomes({ outputs, others, times }: SliceReturn): readonly Outcome[] {
  const outcomes: Outcome[] = decodeList(outputs).map((value) => ({ status: 'success', value }));
  for (const [position, outcome] of others) outcomes[position] = outcome;
  const rows = times.length / 2;
  if (outcomes.length < rows) throw new Error(`It sent ${outcomes.length} outcomes of ${rows} rows`);
  return outcomes;
}
