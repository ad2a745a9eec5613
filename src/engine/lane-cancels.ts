/**
 * Cancels the lanes of a signal when that is aborted. It listens once per signal: listeners of their own would cost each
 * slice more, the more slices of a batch are in flight.
 */
export class LaneCancels {
  readonly #cancel: (lane: number) => void;
  readonly #lanes = new WeakMap<AbortSignal, Set<number>>();

  /** `cancel` is called for each lane of an aborted signal. */
  constructor(cancel: (lane: number) => void) {
    this.#cancel = cancel;
  }

  /** From now on the lane is the signal's, at once when that is aborted already. {@link release} it in the end. */
  hold(lane: number, signal: AbortSignal): void {
    this.#lanesOf(signal).add(lane);
    if (signal.aborted) this.#cancel(lane);
  }

  release(lane: number, signal: AbortSignal): void {
    this.#lanes.get(signal)?.delete(lane);
  }

  #lanesOf(signal: AbortSignal): Set<number> {
    const known = this.#lanes.get(signal);
    if (known !== undefined) return known;
    const lanes = new Set<number>();
    this.#lanes.set(signal, lanes);
    signal.addEventListener('abort', () => {
      for (const lane of lanes) this.#cancel(lane);
    });
    return lanes;
  }
}
