import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import { generatedStateId } from './core/generated-id.ts';
import type { TransformResult } from './core/transform-result.ts';
import type { SliceTimes } from './slice-times.ts';
import type { AdmittedRow } from './pending-row.ts';

/** As of a RowRun. */
interface FreshRun {
  admittedAt(index: number): AdmittedRow;
}

/** The results of rows that ran once and were done. */
export class CompletedRun {
  readonly results: readonly TransformResult<unknown>[];
  readonly #run: FreshRun;
  readonly #times: SliceTimes;
  readonly #completeIndex: number;

  /** @param completeIndex as which of its batch the first row got its result; the others follow */
  constructor(
    run: FreshRun,
    results: readonly TransformResult<unknown>[],
    { times, completeIndex }: { readonly times: SliceTimes; readonly completeIndex: number },
  ) {
    this.results = results;
    this.#run = run;
    this.#times = times;
    this.#completeIndex = completeIndex;
  }

  /** The row's entry, but for its wait. */
  entryAt(index: number, clock: Clock): Entry<unknown> {
    const { submitIndex, submittedAt, name } = this.#run.admittedAt(index);
    return {
      rowIndex: name?.rowIndex ?? submitIndex,
      stateId: name?.stateId ?? generatedStateId(submitIndex),
      result: this.results[index] as TransformResult<unknown>,
      submitIndex,
      completeIndex: this.#completeIndex + index,
      submittedAt: clock.toEpoch(submittedAt),
      completedAt: clock.toEpoch(this.#times.finishedAt(index)),
      bufferWaitMs: 0,
      attempts: 1,
    };
  }
}
