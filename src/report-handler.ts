import type { RecordedAttempts } from './audit/trail-event.ts';
import type { BatchRow, BatchRun } from './batch.ts';
import type { ThrottleSeat } from './core/throttle/throttle.ts';
import type { TransformResult } from './core/transform-result.ts';
import type { DispatchObserver } from './dispatch-observer.ts';
import { ListedAttempts, OnlyAttempts, type EndedAttempt } from './ended-attempts.ts';
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
    const { observer } = this.#parts;
    const { run, dispatchedAt } = flight;
    const times = new SliceTimes(report.times, dispatchedAt, now);
    const end = { attempt: flight, now };
    const isSmooth = ranSmoothly(report, run.size) && run.isFresh && report.nextCallIndices === undefined;
    const results = isSmooth ? resultsOf(report) : undefined;
    const attempts =
      results === undefined
        ? this.#applyEach(run, report, times, end)
        : this.#applyAll(run, report, results, times, end);
    if (attempts.size === 0) return;
    const { slice, batch, delayMs } = flight;
    const { threadId } = report;
    observer.onAttempts?.({ batch, sliceId: slice.sliceId, threadId, dispatchedAt, delayMs, attempts });
  }

  #applyAll(
    run: BatchRun,
    report: SliceReport,
    results: RunResults,
    times: SliceTimes,
    end: SliceEnd,
  ): RecordedAttempts {
    this.#parts.outcomes.applyAll(run, results, times, end);
    return new OnlyAttempts(run, results, times, report);
  }

  #applyEach({ rows }: BatchRun, report: SliceReport, times: SliceTimes, end: SliceEnd): RecordedAttempts {
    const { outcomes: handler, throttle } = this.#parts;
    const { outcomes, nextCallIndices } = report;
    const attempts: EndedAttempt[] = [];
    for (const [position, outcome] of outcomes.entries()) {
      const row = rows[position] as BatchRow;
      if (nextCallIndices !== undefined) row.noteCalls(nextCallIndices[position] ?? 0);
      const startedAt = times.startedAt(position);
      const finishedAt = times.finishedAt(position);
      const { attempt } = row;
      const backoffMs = handler.apply(row, outcome, startedAt, finishedAt, end);
      const delayAfterMs = backoffMs > 0 ? throttle.currentDelayMs : undefined;
      attempts.push({ row, attempt, outcome, startedAt, finishedAt, backoffMs, delayAfterMs });
    }
    if (outcomes.length < rows.length) handler.takeBackRows(rows.slice(outcomes.length), end.now);
    return new ListedAttempts(attempts, report);
  }
}

/** Of a report that is smooth: no row was refused or lost. Undefined when it can't be read, so that all are. */
function resultsOf(report: SliceReport): RunResults | undefined {
  const { texts } = report;
  if (texts !== undefined) return new TextResults(texts);
  const { outcomes } = report;
  if (outcomes[0]?.status === 'lost') return undefined;
  return new ListedResults(outcomes as TransformResult<unknown>[]);
}
