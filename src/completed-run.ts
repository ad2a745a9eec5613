import type { EntryPlace } from './audit/trail-event.ts';
import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import { EntryRun, type EntryList } from './entry-run.ts';
import type { RunResults } from './run-results.ts';
import type { SliceTimes } from './slice-times.ts';

/** As of a RowRun. */
interface FreshRun {
  readonly submitIndex: number;
  rowIndexAt(index: number): number;
  stateIdAt(index: number): string;
  submittedAt(index: number): number;
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
      entryAt: (index) => this.#entryAt(index, clock, readyAt),
      placeAt: (index) => this.#placeAt(index, clock, readyAt),
      stateIdAt: (index) => this.#run.stateIdAt(index),
      statusAt: (index) => this.results.statusAt(index),
      textsIn: (from, to) => this.results.textsIn(from, to),
    };
    return new EntryRun(list, { from: 0, to: this.results.count });
  }

  #entryAt(index: number, clock: Clock, readyAt: number): Entry<unknown> {
    const place = this.#placeAt(index, clock, readyAt);
    // not spread, which is dear
    return {
      rowIndex: place.rowIndex,
      stateId: this.#run.stateIdAt(index),
      result: this.results.at(index),
      submitIndex: place.submitIndex,
      completeIndex: place.completeIndex,
      submittedAt: place.submittedAt,
      completedAt: place.completedAt,
      bufferWaitMs: place.bufferWaitMs,
      attempts: place.attempts,
    };
  }

  #placeAt(index: number, clock: Clock, readyAt: number): EntryPlace {
    const run = this.#run;
    const completedAt = clock.toEpoch(this.#times.finishedAt(index));
    return {
      rowIndex: run.rowIndexAt(index),
      submitIndex: run.submitIndex + index,
      completeIndex: this.#completeIndex + index,
      submittedAt: clock.toEpoch(run.submittedAt(index)),
      completedAt,
      bufferWaitMs: Math.max(0, readyAt - completedAt),
      attempts: 1,
    };
  }
}
