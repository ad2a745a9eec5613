/** Cells of one lane; a lane fills a cache line, so that threads don't slow each other down. */
const THREAD = 0;
const ROW = 1;
const STARTED = 2;
const STATE = 3;
const CANCEL = 4;
const CELLS = 16;

/** Values of the cell STATE. */
const BETWEEN_ROWS = 0;
const RUNNING = 1;
const AWAITING = 2;

/** What a lane says about itself. */
export interface LaneState {
  /** The thread that has taken the lane's slice up; 0 while none has. */
  readonly threadId: number;
  /** Position in the slice of the row that runs, or ran last; -1 before the first. */
  readonly row: number;
  /** `awaiting`: it runs and waits for a promise, so that its thread still reacts to events. */
  readonly state: 'between-rows' | 'running' | 'awaiting';
  /** When that row began, in ms since the origin that writer and reader agreed on, rounded down. */
  readonly startedMs: number;
}

/**
 * Shared memory with one lane per permit: the thread that runs a slice notes there which row it is at and since when;
 * the dispatching thread asks there for a stop before the next row. Needs no cooperation of a hung thread.
 */
export class Lanes {
  /** Hand it to a worker and give it to the constructor there. */
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(lanes: number | SharedArrayBuffer) {
    this.buffer =
      typeof lanes === 'number' ? new SharedArrayBuffer(lanes * CELLS * Int32Array.BYTES_PER_ELEMENT) : lanes;
    this.#cells = new Int32Array(this.buffer);
  }

  /** Dispatching thread: before a slice is sent. */
  reset(lane: number): void {
    this.#store(lane, THREAD, 0);
    this.#store(lane, ROW, -1);
    this.#store(lane, STATE, BETWEEN_ROWS);
    this.#store(lane, CANCEL, 0);
  }

  /** Dispatching thread: stop before the next row. */
  cancel(lane: number): void {
    this.#store(lane, CANCEL, 1);
  }

  read(lane: number): LaneState {
    const row = this.#load(lane, ROW);
    const state = this.#load(lane, STATE);
    const startedMs = this.#load(lane, STARTED);
    if (row !== this.#load(lane, ROW)) return this.read(lane); // it went on to the next row meanwhile
    return {
      threadId: this.#load(lane, THREAD),
      row,
      state: state === BETWEEN_ROWS ? 'between-rows' : state === RUNNING ? 'running' : 'awaiting',
      startedMs,
    };
  }

  /** Running thread: takes up the slice. */
  open(lane: number, threadId: number): void {
    this.#store(lane, THREAD, threadId);
  }

  isCancelled(lane: number): boolean {
    return this.#load(lane, CANCEL) === 1;
  }

  /** Running thread: a row begins. */
  begin(lane: number, row: number, startedMs: number): void {
    this.#store(lane, STARTED, startedMs);
    this.#store(lane, ROW, row);
    this.#store(lane, STATE, RUNNING);
  }

  /** Running thread: the row that began waits for a promise. */
  await(lane: number): void {
    this.#store(lane, STATE, AWAITING);
  }

  /** Running thread: the row is over. */
  end(lane: number): void {
    this.#store(lane, STATE, BETWEEN_ROWS);
  }

  #store(lane: number, cell: number, value: number): void {
    Atomics.store(this.#cells, lane * CELLS + cell, value);
  }

  #load(lane: number, cell: number): number {
    return Atomics.load(this.#cells, lane * CELLS + cell);
  }
}
