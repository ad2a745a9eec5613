import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import { generatedStateId } from './core/generated-id.ts';
import { EntryRun, type EntryList } from './entry-run.ts';
import type { AdmittedRow } from './pending-row.ts';
import type { RunResults } from './run-results.ts';
import type { SliceTimes } from './slice-times.ts';

/** As of a RowRun. */
interface FreshRun {
  admittedAt(index: number): AdmittedRow;
}

/** The results of rows that ran once and were done. */
export class CompletedRun {
  readonly results: RunResults;
  readonly #run: FreshRun;
  readonly #times: SliceTimes;
  readonly #completeIndex: number;

  /** @param completeIndex as which of its batch the first row got its result; the others follow */
  constructor(
    run: FreshRun,
    results: RunResults,
    { times, completeIndex }: { readonly times: SliceTimes; readonly completeIndex: number },
  ) {
    this.results = results;
    this.#run = run;
    this.#times = times;
    this.#completeIndex = completeIndex;
  }

  /** @param readyAt when it was the rows' turn, in ms since the epoch */
  entries(clock: Clock, readyAt: number): EntryRun {
    const list: EntryList = {
      entryAt: (index) => this.entryAt(index, clock, readyAt),
      textsIn: (from, to) => this.results.textsIn(from, to),
    };
    return new EntryRun(list, { from: 0, to: this.results.count });
  }

  /** @param readyAt as of {@link entries} */
  entryAt(index: number, clock: Clock, readyAt: number): Entry<unknown> {
    const { submitIndex, submittedAt, name } = this.#run.admittedAt(index);
    const completedAt = clock.toEpoch(this.#times.finishedAt(index));
    return {
      rowIndex: name?.rowIndex ?? submitIndex,
      stateId: name?.stateId ?? generatedStateId(submitIndex),
      result: this.results.at(index),
      submitIndex,
      completeIndex: this.#completeIndex + index,
      submittedAt: clock.toEpoch(submittedAt),
      completedAt,
      bufferWaitMs: Math.max(0, readyAt - completedAt),
      attempts: 1,
    };
  }
}
