export interface SliceSizerOptions {
  /** A fixed size, or `'auto'` to follow the measured row time. */
  readonly sliceSize: number | 'auto';
  /** How many slices may run at once. */
  readonly poolSize: number;
  /** How many slices a worker has at once: the one it runs, and those behind that. Default 1. */
  readonly slicesPerWorker?: number | undefined;
  /** How many threads share them. */
  readonly threads: number;
}

/** What the queue looks like when a slice is about to be sent. */
export interface SliceDemand {
  /** New rows that wait in the batch whose turn it is. */
  readonly waiting: number;
  /** Whether more of them may still come. */
  readonly open: boolean;
}

/**
 * Each slice takes the dispatching thread 0.3 to 0.6 ms of CPU where slices are rare, as it wakes with cold caches and runs
 * code that V8 does not think worth optimising: some 3% of that.
 */
const TARGET_SLICE_MS = 16;
/**
 * A slice may take so many times as long while that is at most half of what a worker still gets of a batch, also when only a
 * few rows have been measured: fewer slices saved 2% of all CPU time with rows of 1 ms, and mixed rows did as well as before.
 */
const LONG_SLICE = 3;
/** Slices that share a thread may take that many times as long, for as many messages; but nothing should wait longer. */
const LONGEST_TARGET_MS = 100;
const LEAST_SLICE_MS = 0.25;
/** Rows that take no time cost 6% less CPU time each than with 1,024 in a slice; with 4,096 no less than with this. */
const MAX_ROWS = 2048;
/**
 * The next slice is at most this much larger than what has been measured, a long one three times that, so that one odd sample
 * can't overshoot.
 */
const MAX_GROWTH = 8;
/** How much longer the next slice may be after one that was as long as the limit allows: it is tried again now and then. */
const LIMIT_GROWTH = 1.05;
/** Share of the old estimate that survives a full slice. */
const MEMORY = 0.7;

/**
 * Decides how many rows to send in one message: about {@link TARGET_SLICE_MS} of work, so that the cost of a message
 * is spread over many rows, more where that is little of what is left of a batch, and fewer towards its end, so that no
 * worker idles while another holds a long slice (factoring: Hummel, Schonberg and Flynn 1992).
 */
export class SliceSizer {
  readonly #fixed: number | undefined;
  readonly #poolSize: number;
  readonly #slicesPerWorker: number;
  readonly #targetMs: number;
  /** How many times as long as the target a slice may be. */
  readonly #longest: number;
  #rows = 0;
  #elapsedMs = 0;
  #current = 1;
  /** No slice is longer, since one came back before its end. */
  #limit = MAX_ROWS;

  constructor(options: SliceSizerOptions) {
    this.#fixed = options.sliceSize === 'auto' ? undefined : options.sliceSize;
    this.#poolSize = options.poolSize;
    this.#slicesPerWorker = options.slicesPerWorker ?? 1;
    this.#targetMs = Math.min(LONGEST_TARGET_MS, (TARGET_SLICE_MS * options.poolSize) / options.threads);
    this.#longest = Math.min(LONG_SLICE, LONGEST_TARGET_MS / this.#targetMs);
    this.#current = this.#fixed ?? 1;
  }

  /** The size to aim at while there is plenty of work. */
  get current(): number {
    return this.#current;
  }

  /** The rows of a worker that has as many slices as it may. */
  get rowsPerWorker(): number {
    return this.#current * this.#slicesPerWorker;
  }

  sizeFor({ waiting, open }: SliceDemand): number {
    if (this.#fixed !== undefined) return Math.min(this.#fixed, waiting);
    const share = waiting / this.#poolSize;
    // a message for less work than this costs more than an idle worker
    const least = Math.ceil(this.#current / (this.#targetMs / LEAST_SLICE_MS));
    const most = open ? this.#current : this.#longSize;
    return Math.max(1, Math.min(most, Math.max(Math.ceil(open ? share : share / 2), least), waiting));
  }

  get #longSize(): number {
    return Math.floor(Math.min(this.#current * this.#longest, this.#limit, MAX_ROWS));
  }

  /** Takes in how long a slice of `rows` rows ran in its worker, as that says: a time that can't be says nothing. */
  record(rows: number, elapsedMs: number): void {
    if (this.#fixed !== undefined || rows === 0 || !(elapsedMs >= 0 && elapsedMs < Infinity)) return;
    const memory = MEMORY ** Math.min(1, elapsedMs / this.#targetMs + rows / MAX_ROWS);
    this.#rows = this.#rows * memory + rows;
    this.#elapsedMs = this.#elapsedMs * memory + elapsedMs;
    if (rows >= Math.floor(this.#limit)) this.#limit *= LIMIT_GROWTH;
    const ideal = (this.#targetMs * this.#rows) / this.#elapsedMs;
    this.#current = Math.max(
      1,
      Math.floor(Math.min(ideal, this.#current * MAX_GROWTH, this.#limit, MAX_ROWS)),
    );
  }

  /** A slice ended behind `rows` rows, as its results are too large for more: what was sent behind them, was in vain. */
  cutShort(rows: number): void {
    this.#limit = Math.max(1, rows);
    if (this.#fixed === undefined) this.#current = Math.min(this.#current, this.#limit);
  }
}
