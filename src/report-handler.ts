import type { BatchRow } from './batch.ts';
import type { ThrottleSeat } from './core/throttle/throttle.ts';
import type { TransformResult } from './core/transform-result.ts';
import type { DispatchObserver, EndedAttempt } from './dispatch-observer.ts';
import { ranSmoothly, type SliceReport } from './engine/engine.ts';
import type { Flight } from './flights.ts';
import type { OutcomeHandler, SliceEnd } from './outcome-handler.ts';
import { ListedResults, TextResults, type RunResults } from './run-results.ts';
import { SliceTimes } from './slice-times.ts';

export interface ReportHandlerParts {
  readonly outcomes: OutcomeHandler;
  readonly throttle: ThrottleSeat;
  readonly observer: DispatchObserver;
}

/** Gives the rows of a slice that came back what became of them, and tells the observer. */
export class ReportHandler {
  readonly #parts: ReportHandlerParts;

  constructor(parts: ReportHandlerParts) {
    this.#parts = parts;
  }

  /** The batch is to be flushed afterwards. `now` is when the report arrived. */
  apply(flight: Flight, report: SliceReport, now: number): void {
    const { outcomes, observer } = this.#parts;
    const { run, dispatchedAt } = flight;
    const times = new SliceTimes(report.times, dispatchedAt, now);
    const end = { attempt: flight, now };
    if (
      ranSmoothly(report, run.size) &&
      run.isFresh &&
      observer.onAttempts === undefined &&
      report.nextCallIndices === undefined
    ) {
      outcomes.applyAll(run, resultsOf(report), times, end);
    } else {
      this.#applyEach(flight, report, times, end);
    }
  }

  #applyEach(flight: Flight, report: SliceReport, times: SliceTimes, end: SliceEnd): void {
    const { observer, outcomes: handler, throttle } = this.#parts;
    const { slice, batch, run, dispatchedAt, delayMs } = flight;
    const { rows } = run;
    const { outcomes, nextCallIndices, threadId } = report;
    const attempts: EndedAttempt[] | undefined = observer.onAttempts && [];
    for (const [position, outcome] of outcomes.entries()) {
      const row = rows[position] as BatchRow;
      if (nextCallIndices !== undefined) row.noteCalls(nextCallIndices[position] ?? 0);
      const startedAt = times.startedAt(position);
      const finishedAt = times.finishedAt(position);
      const { attempt } = row;
      const backoffMs = handler.apply(row, outcome, startedAt, finishedAt, end);
      const delayAfterMs = backoffMs > 0 ? throttle.currentDelayMs : undefined;
      attempts?.push({ row, attempt, outcome, startedAt, finishedAt, backoffMs, delayAfterMs });
    }
    if (outcomes.length < rows.length) handler.takeBackRows(rows.slice(outcomes.length), end.now);
    if (attempts === undefined) return;
    observer.onAttempts?.({
      batch,
      sliceId: slice.sliceId,
      threadId,
      dispatchedAt,
      delayMs,
      attempts,
      encoded: report.encoded,
    });
  }
}

/** Of a report that is smooth: no row was refused or lost. */
function resultsOf(report: SliceReport): RunResults {
  const { texts } = report;
  return texts === undefined
    ? new ListedResults(report.outcomes as TransformResult<unknown>[])
    : new TextResults(texts);
}
