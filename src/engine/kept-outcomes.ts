import type { TextRows } from '../core/text-rows.ts';
import { LaneMemory } from './lane-memory.ts';
import type { KeptOutcome, RowEnd } from './row-end.ts';

const MAX_LANE_BYTES = 1 << 20;
const MAX_TOTAL_BYTES = 1 << 26;

/**
 * Shared memory in which a worker writes down how each row of a slice ended before the next one begins, so that a thread
 * that is lost takes only the row with it that ran. Memory is used as far as it is written.
 */
export class KeptOutcomes {
  /** Hand it to a worker and give it to the constructor there. */
  readonly buffer: SharedArrayBuffer;
  /** Each is made when it is first needed: that takes time, and the dispatching thread may need none. */
  readonly #lanes: (LaneMemory | undefined)[];

  constructor(lanes: number, buffer = new SharedArrayBuffer(lanes * laneBytes(lanes))) {
    this.buffer = buffer;
    this.#lanes = new Array<undefined>(lanes).fill(undefined);
  }

  /** Running thread: takes up a slice; what was kept of the one before is gone. */
  reset(lane: number): void {
    this.#memoryOf(lane).reset();
  }

  /**
   * Running thread: keeps how the next row of the lane's slice ended. False when it can't be kept, as it is too large or
   * of a kind that only messages carry: then it must leave the thread with the slice before another row begins.
   */
  keep(lane: number, end: RowEnd): boolean {
    return this.#memoryOf(lane).keep(end);
  }

  /** How the rows of the lane's slice ended, from the first on. */
  read(lane: number): KeptOutcome[] {
    return this.#memoryOf(lane).read();
  }

  /** The outputs of the lane's slice, which were all kept as {@link RowEnd.text}: a copy. */
  texts(lane: number): TextRows {
    return this.#memoryOf(lane).texts();
  }

  #memoryOf(lane: number): LaneMemory {
    return (this.#lanes[lane] ??= this.#openMemory(lane));
  }

  #openMemory(lane: number): LaneMemory {
    const bytes = this.buffer.byteLength / this.#lanes.length;
    return new LaneMemory(this.buffer, lane * bytes, bytes);
  }
}

function laneBytes(lanes: number): number {
  return Math.min(MAX_LANE_BYTES, MAX_TOTAL_BYTES / 2 ** Math.ceil(Math.log2(lanes)));
}
