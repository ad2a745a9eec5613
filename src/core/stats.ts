/** Counters of one executor since its construction, or of one batch alone. Times in ms. */
export interface PoolStats {
  readonly submitted: number;
  readonly successes: number;
  readonly errors: number;
  /** Runs of the transform. */
  readonly attempts: number;
  /** Refused attempts after which a further attempt of the row was started. */
  readonly capacityRetries: number;
  /** The throttle's delay in force now, or when the batch ended. */
  readonly currentDelayMs: number;
  /** The highest delay in force at one of the counted refusals; the minimum delay when there was none. */
  readonly peakDelayMs: number;
  /** Sum of the waits ordered after refusals. */
  readonly totalThrottleTimeMs: number;
  /** Time that a row was ready and a permit free while the gate between dispatches was closed. */
  readonly pacedTimeMs: number;
  /** Highest number of rows that ran at once, as counted by the workers. */
  readonly maxConcurrentReached: number;
}

/** The counters of one batch alone, exact also when batches overlap. */
export type BatchStats = PoolStats;

export interface ExecutorStats {
  readonly poolConfig: {
    readonly poolSize: number;
    readonly threads: number;
    readonly maxCapacityRetryMs: number;
    /** The throttle's delay when the last batch ended. */
    readonly dispatchDelayAtCompletionMs: number;
  };
  readonly poolStats: PoolStats;
}

/** Counts what happens to the rows of one batch, and passes it on to the counter of the executor. */
export class StatsCounter {
  readonly #minDelayMs: number;
  readonly #total: StatsCounter | undefined;
  #submitted = 0;
  #successes = 0;
  #errors = 0;
  #attempts = 0;
  #capacityRetries = 0;
  #peakDelayMs: number;
  #totalThrottleTimeMs = 0;
  #pacedTimeMs = 0;

  constructor(minDelayMs: number, total?: StatsCounter) {
    this.#minDelayMs = minDelayMs;
    this.#peakDelayMs = minDelayMs;
    this.#total = total;
  }

  get submitted(): number {
    return this.#submitted;
  }

  get errors(): number {
    return this.#errors;
  }

  /** A counter for one more batch, whose counts are part of this one's. */
  forBatch(): StatsCounter {
    return new StatsCounter(this.#minDelayMs, this);
  }

  onSubmitted(rows = 1): void {
    this.#submitted += rows;
    this.#total?.onSubmitted(rows);
  }

  onResult(status: 'success' | 'error', rows = 1): void {
    if (status === 'success') this.#successes += rows;
    else this.#errors += rows;
    this.#total?.onResult(status, rows);
  }

  onAttempt(afterRefusal: boolean, attempts = 1): void {
    this.#attempts += attempts;
    if (afterRefusal) this.#capacityRetries += attempts;
    this.#total?.onAttempt(afterRefusal, attempts);
  }

  /** A wait was ordered after a refusal; `delayMs` is the throttle's delay in force then. */
  onBackoff(backoffMs: number, delayMs: number): void {
    this.#totalThrottleTimeMs += backoffMs;
    this.#peakDelayMs = Math.max(this.#peakDelayMs, delayMs);
    this.#total?.onBackoff(backoffMs, delayMs);
  }

  /** Not passed on: several batches may be held up at the same time, which is one time for the executor. */
  onPaced(elapsedMs: number): void {
    this.#pacedTimeMs += elapsedMs;
  }

  snapshot(now: Pick<PoolStats, 'currentDelayMs' | 'maxConcurrentReached'>): PoolStats {
    return {
      submitted: this.#submitted,
      successes: this.#successes,
      errors: this.#errors,
      attempts: this.#attempts,
      capacityRetries: this.#capacityRetries,
      currentDelayMs: now.currentDelayMs,
      peakDelayMs: this.#peakDelayMs,
      totalThrottleTimeMs: this.#totalThrottleTimeMs,
      pacedTimeMs: this.#pacedTimeMs,
      maxConcurrentReached: now.maxConcurrentReached,
    };
  }
}
