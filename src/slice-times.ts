/**
 * When the rows of a slice ran, in ms on the monotonic clock. The worker's clock is the same as the one here, but what it
 * says must not contradict what was seen here.
 */
export class SliceTimes {
  readonly #reported: Float64Array;
  readonly #dispatchedAt: number;
  readonly #arrivedAt: number;

  /**
   * @param reported by the worker: begin and end of row i at 2i and 2i + 1
   * @param dispatchedAt no row began before
   * @param arrivedAt no row ended later
   */
  constructor(reported: Float64Array, dispatchedAt: number, arrivedAt: number) {
    this.#reported = reported;
    this.#dispatchedAt = dispatchedAt;
    this.#arrivedAt = arrivedAt;
  }

  startedAt(position: number): number {
    return this.#within(this.#dispatchedAt, this.#reported[2 * position]);
  }

  finishedAt(position: number): number {
    return this.#within(this.startedAt(position), this.#reported[2 * position + 1]);
  }

  #within(earliest: number, reported = this.#arrivedAt): number {
    return Math.min(this.#arrivedAt, Math.max(earliest, reported));
  }
}
