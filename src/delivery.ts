import { CompletedRun } from './completed-run.ts';
import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import type { TransformResult } from './core/transform-result.ts';
import { EntryRun } from './entry-run.ts';
import { PendingRow } from './pending-row.ts';

/** Takes what is next in order: entries, or their results where nothing else of them is wanted. */
export type Outlet =
  | { readonly kind: 'entries'; readonly deliver: (runs: readonly EntryRun[]) => void }
  | { readonly kind: 'results'; readonly deliver: (results: readonly TransformResult<unknown>[]) => void };

type MutableEntry = { -readonly [Key in keyof Entry<unknown>]: Entry<unknown>[Key] };

/** A row that has its result. */
export type CompletedRow = PendingRow<unknown> & { readonly result: TransformResult<unknown> };

/** What waits to be given out: rows that have their results, or the entry of a row that had its before. */
export type Completed = CompletedRun | CompletedRow | MutableEntry;

/** Entries that are next in order, all of them on record already or none. */
interface ReadyRun {
  readonly entries: EntryRun;
  readonly isRecorded: boolean;
}

export interface DeliveryParts {
  readonly clock: Clock;
  /** Makes entries durable before they are delivered; undefined when there is nothing to wait for. */
  readonly record?: ((entries: readonly EntryRun[]) => Promise<void>) | undefined;
  readonly outlet: Outlet;
  /** Called when rows were delivered; `late`: after their entries were recorded, and no longer during {@link Delivery.emit}. */
  readonly onDelivered: (late: boolean) => void;
}

/** The way of a batch's rows from the reorder buffer to the consumer: makes their entries, and none leaves before it is on record. */
export class Delivery {
  readonly #parts: DeliveryParts;
  #delivered = 0;
  /** Entries on record already, in the buffer or on their way out, with their wait then. */
  readonly #givenBack = new Map<Entry<unknown>, number>();
  /** Groups of entries on their way to the trail. */
  #recording = 0;
  #discarding = false;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Rows whose entry was delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  /** There is no consumer any more: what comes is only counted. */
  discard(): void {
    this.#discarding = true;
  }

  /** Takes note of an entry that is on record already, and has a new place: it is not recorded again. */
  expectRecorded(entry: Entry<unknown>): Completed {
    this.#givenBack.set(entry, entry.bufferWaitMs);
    return entry;
  }

  /** Delivers what is next in order, after it is on record. */
  emit(ready: readonly Completed[]): void {
    const { record, outlet, onDelivered } = this.#parts;
    if (record === undefined && outlet.kind === 'results') {
      this.#deliverResults(ready, outlet);
      onDelivered(false);
      return;
    }
    const runs = this.#runsOf(ready);
    const unrecorded = record === undefined ? [] : runs.filter(({ isRecorded }) => !isRecorded);
    // nothing overtakes entries that are on their way to the trail
    if (record === undefined || this.#discarding || (unrecorded.length === 0 && this.#recording === 0)) {
      this.#deliverRuns(ready, runs);
      onDelivered(false);
      return;
    }
    this.#recording++;
    const deliver = (late: boolean) => {
      this.#recording--;
      this.#deliverRuns(ready, runs);
      onDelivered(late);
    };
    record(unrecorded.map(({ entries }) => entries)).then(
      () => deliver(true),
      () => deliver(false), // the trail failed, so the batch is being discarded: only the count matters
    );
  }

  /** Rows that ran together have no entries before somebody asks for them. */
  #runsOf(ready: readonly Completed[]): readonly ReadyRun[] {
    const { clock } = this.#parts;
    const now = clock.toEpoch(clock.now());
    const runs: ReadyRun[] = [];
    let singles: MutableEntry[] = [];
    let areRecorded = false;
    const endSingles = () => {
      if (singles.length > 0) runs.push({ entries: EntryRun.of(singles), isRecorded: areRecorded });
      singles = [];
    };
    for (const completed of ready) {
      if (completed instanceof CompletedRun) {
        endSingles();
        runs.push({ entries: completed.entries(clock, now), isRecorded: false });
        continue;
      }
      const entry = entryOf(completed, clock, now);
      const isRecorded = this.#givenBack.size > 0 && this.#isGivenBack(entry);
      if (isRecorded !== areRecorded) endSingles();
      areRecorded = isRecorded;
      singles.push(entry);
    }
    endSingles();
    return runs;
  }

  #isGivenBack(entry: MutableEntry): boolean {
    const bufferWaitMs = this.#givenBack.get(entry);
    if (bufferWaitMs === undefined) return false;
    entry.bufferWaitMs = bufferWaitMs;
    return this.#givenBack.delete(entry);
  }

  #deliverRuns(ready: readonly Completed[], runs: readonly ReadyRun[]): void {
    const { outlet } = this.#parts;
    if (outlet.kind === 'results') {
      this.#deliverResults(ready, outlet);
      return;
    }
    const count = runs.reduce((sum, { entries }) => sum + entries.size, 0);
    this.#deliver(count, () => outlet.deliver(runs.map(({ entries }) => entries)));
  }

  #deliverResults(ready: readonly Completed[], outlet: Extract<Outlet, { kind: 'results' }>): void {
    for (const completed of ready) {
      const results = completed instanceof CompletedRun ? completed.results.list() : [completed.result];
      this.#deliver(results.length, () => outlet.deliver(results));
    }
  }

  #deliver(count: number, deliver: () => void): void {
    this.#delivered += count;
    if (!this.#discarding) deliver();
  }
}

/** @param now in ms since the epoch */
function entryOf(completed: CompletedRow | MutableEntry, clock: Clock, now: number): MutableEntry {
  const entry = completed instanceof PendingRow ? entryOfRow(completed, clock) : completed;
  entry.bufferWaitMs = Math.max(0, now - entry.completedAt);
  return entry;
}

function entryOfRow(row: CompletedRow, clock: Clock): MutableEntry {
  return {
    rowIndex: row.rowIndex,
    stateId: row.stateId,
    result: row.result,
    submitIndex: row.submitIndex,
    completeIndex: row.completeIndex,
    submittedAt: clock.toEpoch(row.submittedAt),
    completedAt: clock.toEpoch(row.completedAt),
    bufferWaitMs: 0,
    attempts: row.attempt,
  };
}
