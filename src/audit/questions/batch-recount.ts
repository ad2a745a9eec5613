import type { AuditRecord } from '../audit-trail.ts';
import type { RecordOf } from './readable-trail.ts';
import { isTerminal, resultOf } from './row-ledger.ts';
import { Spans } from './spans.ts';
import type { CheckedCounter, CheckedName } from './stats-check.ts';

/** The id of the slice in the record of an attempt under which the process died. */
const NO_SLICE = -1;

/** Counts once more what a batch counted, from its records. They are to be given in their order. */
export class BatchRecount {
  /** When each slice ran for sure: from the start of its first row to the end of its last. */
  readonly #slices = new Spans();
  /** When each slice may have run: from its dispatch to the record of its end. */
  readonly #flights = new Spans();
  readonly #poolSize: number;
  readonly #takenOver: number;
  readonly #undelivered = new Set<number>();
  /** Rows whose last attempt was refused, by state id. */
  readonly #refused = new Set<string>();
  #slice:
    | { readonly id: number; readonly dispatchedAt: number; start: number; end: number; at: number }
    | undefined;
  #rows = 0;
  #uncloneable = 0;
  #successes = 0;
  #errors = 0;
  #oks = 0;
  #attempts = 0;
  #capacityRetries = 0;
  #throttleTimeMs = 0;
  /** Undefined once a record doesn't tell it. */
  #peakDelayMs: number | undefined;
  /** Whether something happened after which a slice may have been counted of which nothing is on record. */
  #disturbed = false;

  /** @param takenOver how many rows have succeeded in earlier batches of the run without getting their entry there */
  constructor({ options }: RecordOf<'batch'>, takenOver: number) {
    this.#takenOver = takenOver;
    const { minDispatchDelayMs = 0, poolSize = Infinity } = options;
    this.#peakDelayMs = Number(minDispatchDelayMs);
    this.#poolSize = Number(poolSize);
  }

  add(record: AuditRecord): void {
    switch (record.kind) {
      case 'row':
        this.#rows++;
        break;
      case 'dispatch':
        this.#undelivered.add(record.sliceId);
        break;
      case 'attempt':
        this.#addAttempt(record);
        break;
      case 'entry':
        this.#addEntry(record);
        break;
      case 'batch':
      case 'call':
      case 'batch-end':
    }
  }

  /** Compares with what the batch says at its end, after all its other records. */
  check(end: RecordOf<'batch-end'>): readonly CheckedCounter[] {
    const { stats, givenBack = { successes: 0, errors: 0 } } = end;
    const known = this.#successes + this.#errors + givenBack.successes + givenBack.errors;
    const stopped = known < stats.submitted;
    const exact = (name: CheckedName, value: number) => ({
      name,
      stated: stats[name],
      least: value,
      most: value,
    });
    return [
      ...(stopped
        ? this.#checkStopped(end)
        : [
            exact('submitted', known),
            exact('successes', this.#successes + givenBack.successes),
            exact('errors', this.#errors + givenBack.errors),
          ]),
      exact('attempts', this.#attempts),
      exact('capacityRetries', this.#capacityRetries),
      exact('totalThrottleTimeMs', this.#throttleTimeMs),
      ...(this.#peakDelayMs === undefined ? [] : [exact('peakDelayMs', this.#peakDelayMs)]),
      this.#checkConcurrency(stats.maxConcurrentReached, stopped),
    ];
  }

  /** When each slice ran: all of them, once there are no more records. */
  close(): Spans {
    this.#closeSlice();
    return this.#slices;
  }

  #addAttempt(record: RecordOf<'attempt'>): void {
    const { stateId, outcome, backoffMs, sliceId } = record;
    this.#attempts++;
    if (this.#refused.delete(stateId)) this.#capacityRetries++;
    if (outcome === 'capacity') this.#refused.add(stateId);
    if (outcome === 'ok') this.#oks++;
    if (outcome === 'lost') this.#disturbed = true;
    if (backoffMs > 0) this.#addBackoff(record);
    this.#undelivered.delete(sliceId);
    if (sliceId !== NO_SLICE) this.#addToSlice(record);
  }

  #addBackoff({ backoffMs, delayAfterMs }: RecordOf<'attempt'>): void {
    this.#throttleTimeMs += backoffMs;
    this.#peakDelayMs =
      this.#peakDelayMs === undefined || delayAfterMs === undefined
        ? undefined
        : Math.max(this.#peakDelayMs, delayAfterMs);
  }

  /** The attempts of a slice stand together. */
  #addToSlice({ sliceId, outcome, dispatchedAt, startedAt, finishedAt, at }: RecordOf<'attempt'>): void {
    if (this.#slice?.id !== sliceId) {
      this.#closeSlice();
      this.#slice = { id: sliceId, dispatchedAt, start: Infinity, end: -Infinity, at };
    }
    this.#slice.at = at;
    if (outcome === 'lost') return; // seen from outside: its times are not exact
    this.#slice.start = Math.min(this.#slice.start, startedAt);
    this.#slice.end = Math.max(this.#slice.end, finishedAt);
  }

  #closeSlice(): void {
    if (this.#slice === undefined) return;
    const { dispatchedAt, start, end, at } = this.#slice;
    this.#slice = undefined;
    this.#flights.add(dispatchedAt, at);
    if (start <= end) this.#slices.add(start, end);
  }

  #addEntry(record: RecordOf<'entry'>): void {
    const result = resultOf(record);
    this.#refused.delete(record.stateId);
    if (result === 'success') this.#successes++;
    else this.#errors++;
    if (!isTerminal(result)) this.#disturbed = true;
    if (result === 'transform_error' && record.attempts === 0) this.#uncloneable++;
  }

  /**
   * A consumer that stops early leaves rows without entries: those that ended well have an attempt that says so. In a batch
   * that continues its run the rows themselves may be on record elsewhere, and so may the attempts of some that it has taken
   * over.
   */
  #checkStopped({ stats, givenBack }: RecordOf<'batch-end'>): readonly CheckedCounter[] {
    const successes = this.#oks + (givenBack?.successes ?? 0);
    const mostSuccesses = successes + (givenBack === undefined ? 0 : this.#takenOver);
    const rows = this.#rows + this.#uncloneable;
    const submitted = givenBack === undefined ? [rows, rows] : [rows, Infinity];
    const errors = submitted.map((count) => Math.max(0, count - successes));
    const bounded = (name: CheckedName, [least = 0, most = least]: readonly number[]) => ({
      name,
      stated: stats[name],
      least,
      most,
    });
    return [
      bounded('submitted', submitted),
      bounded('successes', [successes, mostSuccesses]),
      bounded('errors', errors),
    ];
  }

  /** Slices that ran at one time for sure were counted, and others than those that may have were not. */
  #checkConcurrency(stated: number, stopped: boolean): CheckedCounter {
    const least = this.close().most();
    const unknown = stopped || this.#disturbed || this.#undelivered.size > 0;
    const most = Math.min(this.#poolSize, unknown ? Infinity : this.#flights.mostTouching());
    return { name: 'maxConcurrentReached', stated, least, most: Math.max(least, most) };
  }
}
