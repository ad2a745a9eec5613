/**
 * The right to be in flight. It ends once: {@link Permit.release} by whoever took it, in every path.
 * `lane` numbers the permits from 0 to count - 1; two permits held at once never share a lane.
 */
export interface Permit {
  readonly lane: number;
  /** Gives the permit back. Throws when it was given back before: that is always a bug of the holder. */
  release(): void;
}

/** A counting semaphore for one thread whose permits are numbered, the longest unused lane first. */
export class Semaphore {
  readonly count: number;
  readonly #freeLanes: number[];

  constructor(count: number) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(
        `Cannot create semaphore as 'count' must be a positive integer: received ${count}`,
      );
    }
    this.count = count;
    this.#freeLanes = Array.from({ length: count }, (_, lane) => lane);
  }

  get available(): number {
    return this.#freeLanes.length;
  }

  /** Takes a permit if one is free; never waits, so nothing can be left waiting. */
  tryAcquire(): Permit | undefined {
    const lane = this.#freeLanes.shift();
    if (lane === undefined) return undefined;
    let held = true;
    return {
      lane,
      release: () => {
        if (!held) throw new Error(`Cannot release permit of lane ${lane} as it was released before`);
        held = false;
        this.#freeLanes.push(lane);
      },
    };
  }
}
