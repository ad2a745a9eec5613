const EMPTY: unique symbol = Symbol('empty');

/**
 * Takes values in any order and gives them back in the order of their indices, which were reserved one after
 * another. A ring that grows by doubling: O(1) per value, however long the first one is awaited.
 */
export class ReorderBuffer<Value> {
  #ring: (Value | typeof EMPTY)[];
  #nextSubmit = 0;
  #nextDrain = 0;

  constructor(initialCapacity = 16) {
    this.#ring = new Array<Value | typeof EMPTY>(
      2 ** Math.ceil(Math.log2(Math.max(2, initialCapacity))),
    ).fill(EMPTY);
  }

  /** Indices reserved and not yet drained. */
  get size(): number {
    return this.#nextSubmit - this.#nextDrain;
  }

  /** Reserves the next index. Each one must be completed once, or the buffer waits for it for ever. */
  submit(): number {
    if (this.size === this.#ring.length) this.#grow();
    return this.#nextSubmit++;
  }

  /** Fills a reserved index; any value counts, `undefined` and `null` too. */
  complete(index: number, value: Value): void {
    const position = index & (this.#ring.length - 1);
    if (index < this.#nextDrain || index >= this.#nextSubmit || this.#ring[position] !== EMPTY) {
      throw new Error(`Cannot complete index ${index} as it is not reserved or was completed before`);
    }
    this.#ring[position] = value;
  }

  /** Gives the values that are next in order, until one is missing. */
  drain(): Value[] {
    const drained: Value[] = [];
    while (this.#nextDrain < this.#nextSubmit) {
      const position = this.#nextDrain & (this.#ring.length - 1);
      const value = this.#ring[position];
      if (value === EMPTY) break;
      this.#ring[position] = EMPTY;
      this.#nextDrain++;
      drained.push(value as Value);
    }
    return drained;
  }

  #grow(): void {
    const old = this.#ring;
    this.#ring = new Array<Value | typeof EMPTY>(old.length * 2).fill(EMPTY);
    for (let index = this.#nextDrain; index < this.#nextSubmit; index++) {
      this.#ring[index & (this.#ring.length - 1)] = old[index & (old.length - 1)] as Value | typeof EMPTY;
    }
  }
}
