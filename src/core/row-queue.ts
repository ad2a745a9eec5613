import { BinaryHeap } from './binary-heap.ts';
import { Fifo } from './fifo.ts';

/** A row as the queue sees it. */
export interface QueuedRow<Batch> {
  readonly batch: Batch;
  /** Position among all rows ever admitted to the executor: older rows have lower numbers. */
  readonly sequence: number;
  /** When a refused row may be sent again. */
  readonly readyAt: number;
  /** How often it was refused. */
  readonly refusals: number;
  /** When a refused row has used up its retry budget; Infinity for a row that was never refused. */
  readonly deadlineAt: number;
}

/**
 * The rows that wait for a permit. Refused rows whose wait is over come first, the oldest first; then new rows, in
 * order within a batch and in turn between batches, so that a small batch is not held up by a large one.
 */
export class RowQueue<Batch, Row extends QueuedRow<Batch>> {
  /** New rows; the batch whose turn it is comes first in the map's order. */
  readonly #fresh = new Map<Batch, Fifo<Row>>();
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

  pushNew(row: Row): void {
    let rows = this.#fresh.get(row.batch);
    if (rows === undefined) this.#fresh.set(row.batch, (rows = new Fifo<Row>()));
    rows.push(row);
    this.#freshCount++;
  }

  /** New rows that came back unstarted go to the front of their batch. */
  putBack(rows: readonly Row[]): void {
    const batch = rows[0]?.batch;
    if (batch === undefined) return;
    const waiting = this.#fresh.get(batch);
    if (waiting === undefined) this.#fresh.set(batch, new Fifo(rows));
    else waiting.unshift(rows);
    this.#freshCount += rows.length;
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

  /** The next rows for one slice, all of one batch; `sizeFor` is asked how many of the waiting new rows to take. */
  take(sizeFor: (batch: Batch, waiting: number) => number): readonly Row[] {
    this.#probed = undefined;
    const retry = this.#ready.pop();
    return retry === undefined ? this.#takeFresh(sizeFor) : [retry];
  }

  /**
   * One row to find out with whether a service that refuses everything accepts again: of the refused rows the one with the
   * fewest refusals, and not the same one twice while there is another, so that one bad row can't keep all others waiting.
   */
  takeProbe(): readonly Row[] {
    const others = this.#ready.items.filter((row) => row !== this.#probed);
    const probe = others.reduce<Row | undefined>(
      (first, row) => (first === undefined || comesBefore(row, first) ? row : first),
      undefined,
    );
    if (probe === undefined) return this.#freshCount > 0 ? this.#takeFresh(() => 1) : this.take(() => 1);
    this.#probed = probe;
    return this.#ready.remove((row) => row === probe);
  }

  /** Takes out all rows of a batch, in any order. */
  removeBatch(batch: Batch): readonly Row[] {
    const fresh = this.#fresh.get(batch);
    this.#fresh.delete(batch);
    const rows = fresh?.take(fresh.size) ?? [];
    this.#freshCount -= rows.length;
    const ofBatch = (row: Row) => row.batch === batch;
    return [...rows, ...this.#ready.remove(ofBatch), ...this.#waiting.remove(ofBatch)];
  }

  #takeFresh(sizeFor: (batch: Batch, waiting: number) => number): readonly Row[] {
    for (const [batch, rows] of this.#fresh) {
      const taken = rows.take(sizeFor(batch, rows.size));
      this.#freshCount -= taken.length;
      this.#fresh.delete(batch);
      if (rows.size > 0) this.#fresh.set(batch, rows); // to the end: the next batch's turn
      return taken;
    }
    return NONE;
  }
}

function comesBefore(row: QueuedRow<unknown>, other: QueuedRow<unknown>): boolean {
  return row.refusals < other.refusals || (row.refusals === other.refusals && row.sequence < other.sequence);
}

const NONE: readonly never[] = [];
