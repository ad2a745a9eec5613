import type { RecordedAttempts } from './audit/trail-event.ts';
import type { BatchRow, BatchRun } from './batch.ts';
import type { Encoded } from './core/codec.ts';
import type { Outcome } from './core/outcome.ts';
import type { TextRows } from './core/text-rows.ts';
import type { SliceReport } from './engine/engine.ts';
import type { RunResults } from './run-results.ts';
import type { SliceTimes } from './slice-times.ts';

/** An attempt that is over. Instants in ms on the monotonic clock. */
export interface EndedAttempt {
  readonly row: BatchRow;
  /** Its number; the row's own goes on. */
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The wait ordered after it; 0 for none. */
  readonly backoffMs: number;
  /** The throttle's delay in force when that wait was ordered. */
  readonly delayAfterMs: number | undefined;
}

type Report = Pick<SliceReport, 'encoded'>;

/** Attempts of which each has its own story. */
export class ListedAttempts implements RecordedAttempts {
  readonly #list: readonly EndedAttempt[];
  readonly #report: Report;
  readonly texts = undefined;

  constructor(list: readonly EndedAttempt[], report: Report) {
    this.#list = list;
    this.#report = report;
  }

  get size(): number {
    return this.#list.length;
  }

  get encoded(): readonly Encoded[] | undefined {
    return this.#report.encoded;
  }

  rowIndexAt(place: number): number {
    return this.#at(place).row.rowIndex;
  }

  stateIdAt(place: number): string {
    return this.#at(place).row.stateId;
  }

  attemptAt(place: number): number {
    return this.#at(place).attempt;
  }

  statusAt(place: number): Outcome['status'] {
    return this.#at(place).outcome.status;
  }

  outcomeAt(place: number): Outcome {
    return this.#at(place).outcome;
  }

  startedAt(place: number): number {
    return this.#at(place).startedAt;
  }

  finishedAt(place: number): number {
    return this.#at(place).finishedAt;
  }

  backoffMsAt(place: number): number {
    return this.#at(place).backoffMs;
  }

  delayAfterMsAt(place: number): number | undefined {
    return this.#at(place).delayAfterMs;
  }

  #at(place: number): EndedAttempt {
    return this.#list[place] as EndedAttempt;
  }
}

/** The attempts of rows that ran once and were done. */
export class OnlyAttempts implements RecordedAttempts {
  readonly #run: BatchRun;
  readonly #results: RunResults;
  readonly #times: SliceTimes;
  readonly #report: Report;

  constructor(run: BatchRun, results: RunResults, times: SliceTimes, report: Report) {
    this.#run = run;
    this.#results = results;
    this.#times = times;
    this.#report = report;
  }

  get size(): number {
    return this.#results.count;
  }

  get texts(): TextRows | undefined {
    return this.#results.textsIn(0, this.size);
  }

  get encoded(): readonly Encoded[] | undefined {
    return this.#report.encoded;
  }

  rowIndexAt(place: number): number {
    return this.#run.rowIndexAt(place);
  }

  stateIdAt(place: number): string {
    return this.#run.stateIdAt(place);
  }

  attemptAt(): number {
    return 1;
  }

  statusAt(place: number): Outcome['status'] {
    return this.#results.statusAt(place);
  }

  outcomeAt(place: number): Outcome {
    return this.#results.at(place);
  }

  startedAt(place: number): number {
    return this.#times.startedAt(place);
  }

  finishedAt(place: number): number {
    return this.#times.finishedAt(place);
  }

  backoffMsAt(): number {
    return 0;
  }

  delayAfterMsAt(): undefined {
    return undefined;
  }
}
