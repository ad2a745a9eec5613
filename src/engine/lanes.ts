/** Cells of one lane; a lane fills a cache line, so that threads don't slow each other down. */
const THREAD = 0;
const ROW = 1;
const STARTED = 2;
const STATE = 3;
const CANCEL = 4;
const BLAME = 5;
const CLAIM = 6;
/** Beside STARTED, in millionths of a ms. */
const STARTED_PART = 7;
const CELLS = 16;
const PARTS_PER_MS = 1_000_000;

/** The values of the cell STATE by their numbers. */
const STATES = ['outside', 'between-rows', 'running', 'awaiting'] as const;
const OUTSIDE = 0;
const BETWEEN_ROWS = 1;
const RUNNING = 2;
const AWAITING = 3;

/** The values of the cell CLAIM: whoever changes it first has the slice. */
const UNCLAIMED = 0;
const TAKEN = 1;
const RECALLED = 2;

/** The values of the cell BLAME by their numbers. */
const BLAMES = ['unknown', 'culprit', 'innocent'] as const;

/** What a lane says about itself. */
export interface LaneState {
  /** The worker that has taken the lane's slice up; 0 while none has. */
  readonly threadId: number;
  /** Position in the slice of the row that runs, or ran last; -1 before the first. */
  readonly row: number;
  /**
   * `outside`: the slice has not begun, or is over; from `between-rows` on it counts in the gauge. `running`: the
   * transform has the thread; `awaiting`: it waits for a promise, so that its thread still reacts to events.
   */
  readonly state: (typeof STATES)[number];
  /** When that row began, in ms since the origin that writer and reader agreed on; wraps after 24 days. */
  readonly startedMs: number;
  /** What the thread said, as it ended, of the row that runs: whether that row ended it. */
  readonly blame: (typeof BLAMES)[number];
}

/** Whether the row of a lane has begun and not ended. */
export function isRunning({ state }: LaneState): boolean {
  return state === 'running' || state === 'awaiting';
}

/**
 * Shared memory with a lane for each slice that a worker has: the thread that runs a slice notes there which row it is at and since when;
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

  /** How many there are. */
  get count(): number {
    return this.#cells.length / CELLS;
  }

  /** Dispatching thread: before a slice is sent. */
  reset(lane: number): void {
    this.#store(lane, THREAD, 0);
    this.#store(lane, ROW, -1);
    this.#store(lane, STATE, OUTSIDE);
    this.#store(lane, CANCEL, 0);
    this.#store(lane, BLAME, 0);
    this.#store(lane, CLAIM, UNCLAIMED);
  }

  /** Dispatching thread: stop before the next row. */
  cancel(lane: number): void {
    this.#store(lane, CANCEL, 1);
  }

  read(lane: number): LaneState {
    const row = this.#load(lane, ROW);
    const state = this.#load(lane, STATE);
    const startedMs = this.#load(lane, STARTED) + this.#load(lane, STARTED_PART) / PARTS_PER_MS;
    if (row !== this.#load(lane, ROW)) return this.read(lane); // it went on to the next row meanwhile
    return {
      threadId: this.#load(lane, THREAD),
      row,
      state: STATES[state] ?? 'outside',
      startedMs,
      blame: BLAMES[this.#load(lane, BLAME)] ?? 'unknown',
    };
  }

  /** Dispatching thread: takes the slice back. False when a worker has taken it up; else none will. */
  recall(lane: number): boolean {
    return this.#claim(lane, RECALLED);
  }

  /** Running thread: takes up the slice. False when it was taken back, so that none of its rows may run. */
  open(lane: number, threadId: number): boolean {
    if (!this.#claim(lane, TAKEN)) return false;
    this.#store(lane, THREAD, threadId);
    return true;
  }

  isCancelled(lane: number): boolean {
    return this.#load(lane, CANCEL) === 1;
  }

  /** Running thread: the slice counts in the gauge from now on. */
  enter(lane: number): void {
    this.#store(lane, STATE, BETWEEN_ROWS);
  }

  /** Running thread: a row begins. */
  begin(lane: number, row: number, startedMs: number): void {
    const wholeMs = Math.floor(startedMs);
    // without a fence for each: whoever sees the row sees what was written before it
    this.#cells[lane * CELLS + STARTED_PART] = (startedMs - wholeMs) * PARTS_PER_MS;
    this.#cells[lane * CELLS + STARTED] = wholeMs;
    this.#store(lane, ROW, row);
    this.#store(lane, STATE, RUNNING);
  }

  /** Running thread: the row that began waits for a promise. */
  await(lane: number): void {
    this.#store(lane, STATE, AWAITING);
  }

  /** Running thread: what the row waited for is there. */
  resume(lane: number): void {
    this.#store(lane, STATE, RUNNING);
  }

  /** Running thread: the row is over, and its outcome is kept. */
  end(lane: number): void {
    this.#store(lane, STATE, BETWEEN_ROWS);
  }

  /** Running thread: the slice no longer counts in the gauge. */
  leave(lane: number): void {
    this.#store(lane, STATE, OUTSIDE);
  }

  /** Running thread, as it ends: whether the row of this lane is what ends it. */
  blame(lane: number, isCulprit: boolean): void {
    this.#store(lane, BLAME, BLAMES.indexOf(isCulprit ? 'culprit' : 'innocent'));
  }

  #claim(lane: number, value: number): boolean {
    const cell = lane * CELLS + CLAIM;
    return Atomics.compareExchange(this.#cells, cell, UNCLAIMED, value) === UNCLAIMED;
  }

  #store(lane: number, cell: number, value: number): void {
    Atomics.store(this.#cells, lane * CELLS + cell, value);
  }

  #load(lane: number, cell: number): number {
    return Atomics.load(this.#cells, lane * CELLS + cell);
  }
}
