import type { Batch, BatchRow, BatchRun } from './batch.ts';
import type { TransformResult } from './core/transform-result.ts';
import { failure, type CapacityOutcome, type LostOutcome, type Outcome } from './core/outcome.ts';
import type { RowError } from './core/row-error.ts';
import type { RowQueue } from './core/row-queue.ts';
import type { ThrottledAttempt, ThrottleSeat } from './core/throttle/throttle.ts';
import { RowRun } from './row-run.ts';
import type { RunResults } from './run-results.ts';
import type { SliceTimes } from './slice-times.ts';

export interface OutcomeHandlerOptions {
  readonly queue: RowQueue<Batch, BatchRow, BatchRun>;
  readonly throttle: ThrottleSeat;
  readonly maxCapacityRetryMs: number;
  readonly maxRowCrashes: number;
}

/** One slice whose attempts are over. Instants in ms on the monotonic clock. */
export interface SliceEnd {
  /** The slice as the throttle knows it. */
  readonly attempt: ThrottledAttempt;
  readonly now: number;
}

const MIN_BACKOFF_MS = 1;
const LOST_UNBEGUN = 'Worker was lost before the row began, which was moved to it';
/** A row that has lost its worker this often is given up, whoever did it: nothing goes on for ever. */
const MAX_LOSSES = 20;

/** What the outcome of an attempt means for its row: a result, a wait, or another try. */
export class OutcomeHandler {
  readonly #options: OutcomeHandlerOptions;

  constructor(options: OutcomeHandlerOptions) {
    this.#options = options;
  }

  /**
   * Counts the attempt, tells the throttle, completes the row or puts it back into the queue.
   *
   * @returns the wait ordered after the attempt in ms, 0 for none
   */
  apply(row: BatchRow, outcome: Outcome, startedAt: number, finishedAt: number, slice: SliceEnd): number {
    const { throttle } = this.#options;
    const afterRefusal = row.lastRefusal !== undefined;
    row.batch.stats.onAttempt(afterRefusal);
    if (afterRefusal) row.history.lastRefusal = undefined;
    switch (outcome.status) {
      case 'success':
        throttle.onSuccess(slice.attempt, slice.now, 1);
        row.batch.complete(row, outcome, finishedAt);
        break;
      case 'error':
        if (isAnswer(outcome)) throttle.onOtherAnswer(slice.attempt, slice.now);
        row.batch.complete(row, outcome, finishedAt);
        break;
      case 'lost':
        row.history.firstStartedAt ??= startedAt;
        this.#onLost(row, outcome, slice.now);
        break;
      case 'capacity':
        row.history.firstStartedAt ??= startedAt;
        return this.#onRefused(row, outcome, slice, finishedAt);
    }
    return 0;
  }

  /** The same, at once, for rows that ran for the first time and have their results. */
  applyAll(run: BatchRun, results: RunResults, times: SliceTimes, { attempt, now }: SliceEnd): void {
    const { throttle } = this.#options;
    run.batch.stats.onAttempt(false, results.count);
    if (results.errors === 0) throttle.onSuccess(attempt, now, results.count);
    else this.#tellThrottle(results.list(), { attempt, now });
    run.batch.completeRun(run, results, times);
  }

  /** Successes that follow one another at once. */
  #tellThrottle(results: readonly TransformResult<unknown>[], { attempt, now }: SliceEnd): void {
    const { throttle } = this.#options;
    let successes = 0;
    const tellSuccesses = () => {
      if (successes > 0) throttle.onSuccess(attempt, now, successes);
      successes = 0;
    };
    for (const result of results) {
      if (result.status === 'success') {
        successes++;
      } else if (isAnswer(result)) {
        tellSuccesses();
        throttle.onOtherAnswer(attempt, now);
      }
    }
    tellSuccesses();
  }

  /** The budget of a refused row is spent while it waits. */
  expire(row: BatchRow, now: number): void {
    row.batch.inBackoff--;
    this.#giveUp(row, now, now);
    row.batch.flush();
  }

  /** Rows that were sent but never started are as they were before, or end with their batch. */
  takeBack(run: BatchRun, now: number): void {
    if (run.isFresh && run.batch.ending === undefined) {
      run.takeBack();
      this.#options.queue.putBack(run);
    } else {
      this.takeBackRows(run.rows, now);
    }
  }

  /** The same for some of the rows of a slice. */
  takeBackRows(rows: readonly BatchRow[], now: number): void {
    const { queue } = this.#options;
    const fresh: BatchRow[] = [];
    for (const row of rows) {
      const { batch } = row;
      row.attempt--;
      if (batch.ending !== undefined) batch.completeEnded(row, batch.ending, now);
      else if (!row.isHere) batch.complete(row, failure('worker_lost', LOST_UNBEGUN), now);
      else if (row.attempt === 0) fresh.push(row);
      else {
        if (row.lastRefusal !== undefined) batch.inBackoff++;
        queue.pushReady(row);
      }
    }
    const [first, ...others] = fresh;
    if (first !== undefined) queue.putBack(RowRun.of([first, ...others]));
  }

  #onLost(row: BatchRow, outcome: LostOutcome, now: number): void {
    const { batch } = row;
    const { history } = row;
    history.losses++;
    if (outcome.blame === 'suspect') history.suspicions++;
    if (outcome.blame === 'culprit') {
      history.crashes += 1 + history.suspicions; // what it did when it was alone it did before
      history.suspicions = 0;
    }
    const { maxRowCrashes } = this.#options;
    const mayGoOn = row.isHere && history.crashes < maxRowCrashes && history.losses < MAX_LOSSES;
    if (batch.ending !== undefined) batch.completeEnded(row, batch.ending, now);
    else if (mayGoOn) this.#options.queue.pushReady(row);
    else batch.complete(row, { status: 'error', error: finalLoss(row, outcome), retryable: false }, now);
  }

  /** Orders the row's wait and returns it, or ends the row when its budget is spent. */
  #onRefused(row: BatchRow, refusal: CapacityOutcome, slice: SliceEnd, finishedAt: number): number {
    const { throttle, queue, maxCapacityRetryMs } = this.#options;
    const { attempt, now } = slice;
    const { batch, history } = row;
    const waitMs = throttle.onCapacityError(attempt, refusal, now);
    history.refusals++;
    history.lastRefusal = refusal.error;
    if (batch.ending !== undefined) {
      batch.completeEnded(row, batch.ending, now);
      return 0;
    }
    history.deadlineAt = (history.firstStartedAt as number) + maxCapacityRetryMs;
    if (history.deadlineAt <= now) {
      this.#giveUp(row, finishedAt, now);
      return 0;
    }
    history.readyAt = Math.min(now + waitMs, history.deadlineAt);
    const backoffMs = Math.max(MIN_BACKOFF_MS, history.readyAt - now);
    batch.stats.onBackoff(backoffMs, throttle.currentDelayMs);
    batch.inBackoff++;
    queue.pushWaiting(row);
    return backoffMs;
  }

  #giveUp(row: BatchRow, completedAt: number, now: number): void {
    const { maxCapacityRetryMs } = this.#options;
    const elapsedMs = now - (row.history.firstStartedAt as number);
    const cause = row.lastRefusal as RowError;
    const result = failure(
      'capacity_retry_timeout',
      `Row was refused for longer than maxCapacityRetryMs (${maxCapacityRetryMs} ms)`,
      {
        elapsedMs,
        maxMs: maxCapacityRetryMs,
        statusCode: cause.statusCode as number,
        cause,
      },
    );
    row.batch.complete(row, result, completedAt);
  }
}

function finalLoss(row: BatchRow, { error }: LostOutcome): RowError {
  if (row.isHere) return error;
  return { ...error, message: `${error.message} (it was moved there, so that there is no other attempt)` };
}

/** A row that was given up because it hung says nothing about the service. */
function isAnswer({ error }: Extract<Outcome, { status: 'error' }>): boolean {
  return error.code !== 'attempt_timeout';
}
