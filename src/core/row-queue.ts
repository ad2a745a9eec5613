import { BinaryHeap } from './binary-heap.ts';
import { Fifo } from './fifo.ts';

/** A row as the queue sees it. */
export interface QueuedRow<Batch> {
  readonly batch: Batch;
  /** Place in the order of admission to the executor: older rows have lower numbers, and rows of one batch never share one. */
  readonly sequence: number;
  /** When a refused row may be sent again. */
  readonly readyAt: number;
  /** How often it was refused. */
  readonly refusals: number;
  /** When a refused row has used up its retry budget; Infinity for a row that was never refused. */
  readonly deadlineAt: number;
}

/** New rows of one batch, in order. */
export interface QueuedRun<Batch, Row, Run> {
  readonly batch: Batch;
  readonly size: number;
  /** Each by itself. */
  readonly rows: readonly Row[];
  /** Whether its row, which is the only one then, must not share a slice. */
  readonly runsAlone: boolean;
  /** The first `count` rows, fewer than all, and the others. */
  cut(count: number): readonly [first: Run, rest: Run];
}

/**
 * The rows that wait for a permit. Refused rows whose wait is over come first, the oldest first; then new rows, in
 * order within a batch and in turn between batches, so that a small batch is not held up by a large one.
 */
export class RowQueue<Batch, Row extends QueuedRow<Batch>, Run extends QueuedRun<Batch, Row, Run>> {
  /** New rows; the batch whose turn it is comes first in the map's order. */
  readonly #fresh = new Map<Batch, FreshRuns<Row, Run>>();
  readonly #waiting = new BinaryHeap<Row>(
    (a, b) => a.readyAt < b.readyAt || (a.readyAt === b.readyAt && a.sequence < b.sequence),
  );
  readonly #ready = new BinaryHeap<Row>((a, b) => a.sequence < b.sequence);
  #freshCount = 0;
  /** No ready row's deadline lies before this instant. */
  #deadlineAt = Infinity;
  /** The row that {@link takeProbe} gave out last. */
  #probed: Row | undefined;

  /** Rows in the queue whose turn could come now: new ones and those whose wait is over. */
  get readyCount(): number {
    return this.#freshCount + this.#ready.size;
  }

  /** New rows: those of {@link readyCount} that were never sent. */
  get freshCount(): number {
    return this.#freshCount;
  }

  /** Whether the new rows whose turn it is are one that must not share a slice. */
  get nextRunsAlone(): boolean {
    const [first] = this.#fresh.values();
    return first?.nextRunsAlone ?? false;
  }

  /** Rows that wait out a refusal. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** When something changes by itself: a wait ends or a deadline passes. */
  get nextEventAt(): number {
    const deadlineAt = this.#ready.size === 0 ? Infinity : this.#deadlineAt;
    return Math.min(this.#waiting.peek()?.readyAt ?? Infinity, deadlineAt);
  }

  /** The batches that have a row whose turn could come now. */
  readyBatches(): ReadonlySet<Batch> {
    return new Set([...this.#fresh.keys(), ...this.#ready.items.map((row) => row.batch)]);
  }

  pushNew(run: Run): void {
    if (run.size === 0) return;
    this.#freshOf(run.batch).push(run);
    this.#freshCount += run.size;
  }

  /** New rows that came back unstarted go to the front of their batch. */
  putBack(run: Run): void {
    if (run.size === 0) return;
    this.#freshOf(run.batch).unshift(run);
    this.#freshCount += run.size;
  }

  /** A row whose worker was lost: it goes before all new rows, alone in its slice, without a wait. */
  pushReady(row: Row): void {
    if (this.#ready.size === 0) this.#deadlineAt = Infinity;
    this.#ready.push(row);
    this.#deadlineAt = Math.min(this.#deadlineAt, row.deadlineAt);
  }

  /** A refused row: it comes back at its `readyAt`. */
  pushWaiting(row: Row): void {
    this.#waiting.push(row);
  }

  /** Ends the waits that are over and takes out the rows whose budget is spent. */
  advance(now: number): readonly Row[] {
    for (
      let row = this.#waiting.peek();
      row !== undefined && row.readyAt <= now;
      row = this.#waiting.peek()
    ) {
      this.#waiting.pop();
      this.pushReady(row);
    }
    if (now < this.#deadlineAt) return NONE;
    const expired = this.#ready.remove((row) => row.deadlineAt <= now);
    this.#deadlineAt = this.#ready.items.reduce(
      (earliest, row) => Math.min(earliest, row.deadlineAt),
      Infinity,
    );
    return expired;
  }

  /** The refused row whose turn it is: all of these come before new rows, each by itself. */
  takeRetry(): Row | undefined {
    this.#probed = undefined;
    return this.#ready.pop();
  }

  /** The next new rows for one slice, all of one batch; `sizeFor` is asked how many of those that wait to take. */
  takeNew(sizeFor: (batch: Batch, waiting: number) => number): readonly Run[] {
    for (const [batch, fresh] of this.#fresh) {
      const before = fresh.size;
      const taken = fresh.take(sizeFor(batch, before));
      this.#freshCount -= before - fresh.size;
      this.#fresh.delete(batch);
      if (fresh.size > 0) this.#fresh.set(batch, fresh); // to the end: the next batch's turn
      return taken;
    }
    return NONE;
  }

  /**
   * One row to find out with whether a service that refuses everything accepts again: of the refused rows the one with the
   * fewest refusals, and not the same one twice while there is another, so that one bad row can't keep all others waiting.
   * Undefined when that other is a new row.
   */
  takeProbe(): Row | undefined {
    const others = this.#ready.items.filter((row) => row !== this.#probed);
    const probe = others.reduce<Row | undefined>(
      (first, row) => (first === undefined || comesBefore(row, first) ? row : first),
      undefined,
    );
    if (probe === undefined) return this.#freshCount > 0 ? undefined : this.takeRetry();
    this.#probed = probe;
    this.#ready.remove((row) => row === probe);
    return probe;
  }

  /** Takes out all rows of a batch, in any order. */
  removeBatch(batch: Batch): readonly Row[] {
    const fresh = this.#fresh.get(batch);
    this.#fresh.delete(batch);
    this.#freshCount -= fresh?.size ?? 0;
    const ofBatch = (row: Row) => row.batch === batch;
    return [...(fresh?.takeRows() ?? NONE), ...this.#ready.remove(ofBatch), ...this.#waiting.remove(ofBatch)];
  }

  #freshOf(batch: Batch): FreshRuns<Row, Run> {
    let fresh = this.#fresh.get(batch);
    if (fresh === undefined) this.#fresh.set(batch, (fresh = new FreshRuns<Row, Run>()));
    return fresh;
  }
}

/** The new rows of one batch. */
class FreshRuns<Row, Run extends QueuedRun<unknown, Row, Run>> {
  /** What comes before the others, such as the rest of a run of which some rows were taken. */
  #first: Run | undefined;
  readonly #others = new Fifo<Run>();
  #size = 0;

  /** How many rows there are. */
  get size(): number {
    return this.#size;
  }

  push(run: Run): void {
    this.#others.push(run);
    this.#size += run.size;
  }

  unshift(run: Run): void {
    if (this.#first !== undefined) this.#others.unshift([this.#first]);
    this.#first = run;
    this.#size += run.size;
  }

  get nextRunsAlone(): boolean {
    return this.#peek()?.runsAlone ?? false;
  }

  /** Takes out up to `count` rows from the front: fewer where one comes that runs alone. */
  take(count: number): Run[] {
    if (count > 0 && this.nextRunsAlone) return [this.#next()];
    const taken: Run[] = [];
    for (let left = count; left > 0 && this.#size > 0 && !this.nextRunsAlone;) {
      const run = this.#next(left);
      taken.push(run);
      left -= run.size;
    }
    return taken;
  }

  /** Takes out all of them. */
  takeRows(): Row[] {
    const rows: Row[] = [];
    while (this.#size > 0) for (const row of this.#next().rows) rows.push(row);
    return rows;
  }

  #peek(): Run | undefined {
    return (this.#first ??= this.#others.shift());
  }

  /** Takes out the first run, cut to `most` rows. There must be one. */
  #next(most = Infinity): Run {
    let run = this.#peek() as Run;
    this.#first = undefined;
    if (run.size > most) [run, this.#first] = run.cut(most);
    this.#size -= run.size;
    return run;
  }
}

function comesBefore(row: QueuedRow<unknown>, other: QueuedRow<unknown>): boolean {
  return row.refusals < other.refusals || (row.refusals === other.refusals && row.sequence < other.sequence);
}

const NONE: readonly never[] = [];
