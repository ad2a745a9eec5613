/** Cells of one counter: running now, highest ever. */
const RUNNING = 0;
const HIGHEST = 1;
const CELLS = 2;
const INITIAL_COUNTERS = 64;
const MAX_COUNTERS = 1 << 20;

/** The counter of all rows of the executor. Batches get the others. */
export const POOL_COUNTER = 0;

/**
 * Counts in shared memory how many rows run at this moment and the most that ever did. The threads that run the rows
 * count themselves, so the figure is independent of what the dispatching thread believes.
 *
 * Counter 0 belongs to the executor; each batch leases another one for its own rows.
 */
export class ConcurrencyGauge {
  /** Hand it to a worker and give it to the constructor there to count in the same cells. */
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #free: number[] = [];
  #leased = POOL_COUNTER + 1;

  constructor(
    buffer = new SharedArrayBuffer(INITIAL_COUNTERS * CELLS * Int32Array.BYTES_PER_ELEMENT, {
      maxByteLength: MAX_COUNTERS * CELLS * Int32Array.BYTES_PER_ELEMENT,
    }),
  ) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer); // follows the buffer when it grows
  }

  /** One more runs. */
  enter(counter: number): void {
    this.raise(counter, Atomics.add(this.#cells, counter * CELLS + RUNNING, 1) + 1);
  }

  /** So many have run at once. */
  raise(counter: number, running: number): void {
    const cells = this.#cells;
    let highest = Atomics.load(cells, counter * CELLS + HIGHEST);
    while (running > highest) {
      const seen = Atomics.compareExchange(cells, counter * CELLS + HIGHEST, highest, running);
      if (seen === highest) return;
      highest = seen;
    }
  }

  /** One fewer runs. */
  leave(counter: number): void {
    Atomics.sub(this.#cells, counter * CELLS + RUNNING, 1);
  }

  running(counter: number): number {
    return Atomics.load(this.#cells, counter * CELLS + RUNNING);
  }

  highest(counter: number): number {
    return Atomics.load(this.#cells, counter * CELLS + HIGHEST);
  }

  /** Gives a zeroed counter; main thread only. {@link release} it when nothing counts in it any more. */
  lease(): number {
    const counter = this.#free.pop() ?? this.#leased++;
    const bytes = (counter + 1) * CELLS * Int32Array.BYTES_PER_ELEMENT;
    if (bytes > this.buffer.byteLength) this.buffer.grow(Math.min(bytes * 2, this.buffer.maxByteLength));
    Atomics.store(this.#cells, counter * CELLS + RUNNING, 0);
    Atomics.store(this.#cells, counter * CELLS + HIGHEST, 0);
    return counter;
  }

  release(counter: number): void {
    this.#free.push(counter);
  }
}
