import type { Batch, BatchRow, BatchRun } from './batch.ts';
import type { Clock } from './core/clock.ts';
import { Moved } from './core/moved.ts';
import { Uncloneable, type Snapshot } from './core/snapshot.ts';
import { TextGroup } from './core/text-group.ts';
import type { TextRows } from './core/text-rows.ts';
import type { RowName } from './pending-row.ts';
import type { NewRows } from './new-rows.ts';
import { RowRun } from './row-run.ts';

export interface AdmissionOptions {
  readonly batch: Batch;
  readonly clock: Clock;
  /** Gives so many rows a place among all rows ever admitted to the executor; of the first, the others follow. */
  readonly nextSequence: (rows: number) => number;
  readonly groupSize: () => number;
  readonly pass: (run: BatchRun) => void;
}

/** Rows of a batch that were handed over together; those from one index to another are admitted. */
export interface RowGroup {
  readonly from: number;
  readonly to: number;
  /** By index, as what follows. */
  readonly snapshots: readonly Snapshot[];
  readonly names: readonly RowName[] | undefined;
  readonly submittedAt: number;
}

/** What {@link NewRows} are put together from. */
interface Gathered {
  readonly sequence: number;
  readonly submitIndex: number;
  readonly snapshots: Snapshot[];
  readonly submittedAt: number[];
}

/**
 * Lets rows into a batch. Those that come one by one are gathered, so that they are queued, and recorded, many at a time:
 * when a full slice is there, and at the latest when the present turn of the event loop is over.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  #gathered: Gathered | undefined;
  /** Rows that have their objects; none are gathered beside them. */
  #rows: BatchRow[] = [];
  #deferred = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** A new row, which is called by its place. */
  add(row: unknown): void {
    const { batch, clock, nextSequence, groupSize, pass } = this.#options;
    this.#passRows();
    const snapshot = batch.snapshotOf(row);
    const sequence = nextSequence(1);
    const submitIndex = batch.reserve(1);
    const submittedAt = clock.now();
    if (snapshot instanceof Uncloneable) {
      this.#passGathered(); // a run has no gaps
      batch.refuse({ sequence, submitIndex, submittedAt, snapshot: undefined, name: undefined }, snapshot);
      return;
    }
    if (snapshot instanceof Moved) {
      this.#passGathered();
      const place = { sequence, submitIndex, submittedAt };
      pass(RowRun.ofNew(batch, { ...place, snapshots: [snapshot], count: 1, offset: 0, names: undefined }));
      return;
    }
    const gathered = (this.#gathered ??= { sequence, submitIndex, snapshots: [], submittedAt: [] });
    gathered.snapshots.push(snapshot);
    gathered.submittedAt.push(submittedAt);
    if (gathered.snapshots.length >= groupSize()) this.#passGathered();
    else this.#flushSoon();
  }

  /** Rows that were handed over together: they are passed on at once. */
  addGroup({ from, to, snapshots, names, submittedAt }: RowGroup): void {
    const { batch, nextSequence, pass } = this.#options;
    this.flush();
    const firstSequence = nextSequence(to - from);
    const firstIndex = batch.reserve(to - from);
    const placeOf = (index: number) => ({
      sequence: firstSequence + index - from,
      submitIndex: firstIndex + index - from,
      submittedAt,
    });
    const passOn = (start: number, end: number) => {
      if (start === end) return;
      const count = end - start;
      pass(RowRun.ofNew(batch, { ...placeOf(start), count, offset: start, snapshots, names }));
    };
    let start = from;
    for (let index = from; index < to; index++) {
      const snapshot = snapshots[index];
      const isMoved = snapshot instanceof Moved;
      if (!isMoved && !(snapshot instanceof Uncloneable)) continue;
      passOn(start, index);
      if (isMoved) passOn(index, index + 1);
      else batch.refuse({ ...placeOf(index), snapshot: undefined, name: names?.[index] }, snapshot);
      start = index + 1;
    }
    passOn(start, to);
  }

  /** Texts that were handed over together, each of which is a row: they are passed on at once. */
  addTexts(rows: TextRows): void {
    const { batch, clock, nextSequence, pass } = this.#options;
    const count = rows.size;
    if (count === 0) return;
    this.flush();
    const submitIndex = batch.reserve(count);
    const snapshots = new Array<Snapshot>(count).fill(new TextGroup(rows, submitIndex));
    const place = { sequence: nextSequence(count), submitIndex, submittedAt: clock.now() };
    pass(RowRun.ofNew(batch, { ...place, count, offset: 0, snapshots, names: undefined }));
  }

  /** A row that has a past. */
  resume(row: BatchRow): void {
    this.#passGathered();
    this.#rows.push(row);
    if (this.#rows.length >= this.#options.groupSize()) this.#passRows();
    else this.#flushSoon();
  }

  flush(): void {
    this.#passRows();
    this.#passGathered();
  }

  #passGathered(): void {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    this.#gathered = undefined;
    const { batch, pass } = this.#options;
    const rows: NewRows = { ...gathered, count: gathered.snapshots.length, offset: 0, names: undefined };
    pass(RowRun.ofNew(batch, rows));
  }

  #passRows(): void {
    const [first, ...others] = this.#rows;
    if (first === undefined) return;
    this.#rows = [];
    this.#options.pass(RowRun.of([first, ...others]));
  }

  #flushSoon(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#options.clock.defer(() => {
      this.#deferred = false;
      this.flush();
    });
  }
}
