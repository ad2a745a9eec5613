/** In a place that nothing was put into yet. */
const EMPTY: unique symbol = Symbol('empty');
/** In a place that belongs to the value before it. */
const COVERED: unique symbol = Symbol('covered');

type Slot<Value> = Value | typeof EMPTY | typeof COVERED;

/**
 * Takes values in any order and gives them back in the order of their indices, which were reserved one after
 * another. A value may stand for several consecutive indices. A ring that grows by doubling: O(1) per index, however long
 * the first one is awaited.
 */
export class ReorderBuffer<Value> {
  #ring: Slot<Value>[];
  #nextSubmit = 0;
  #nextDrain = 0;

  constructor(initialCapacity = 16) {
    this.#ring = emptyRing(2 ** Math.ceil(Math.log2(Math.max(2, initialCapacity))));
  }

  /** Indices reserved and not yet drained. */
  get size(): number {
    return this.#nextSubmit - this.#nextDrain;
  }

  /** Reserves the next `count` indices and gives the first. Each must be completed once, or the buffer waits for it for ever. */
  submit(count = 1): number {
    while (this.size + count > this.#ring.length) this.#grow();
    const index = this.#nextSubmit;
    this.#nextSubmit += count;
    return index;
  }

  /** Fills `count` reserved indices with one value; any value counts, `undefined` and `null` too. */
  complete(index: number, value: Value, count = 1): void {
    const mask = this.#ring.length - 1;
    for (let next = index; next < index + count; next++) {
      if (next >= this.#nextDrain && next < this.#nextSubmit && this.#ring[next & mask] === EMPTY) continue;
      throw new Error(`Cannot complete index ${next} as it is not reserved or was completed before`);
    }
    this.#ring[index & mask] = value;
    for (let next = index + 1; next < index + count; next++) this.#ring[next & mask] = COVERED;
  }

  /** Gives the values that are next in order, until one is missing. */
  drain(): Value[] {
    const drained: Value[] = [];
    const mask = this.#ring.length - 1;
    while (this.#nextDrain < this.#nextSubmit) {
      const value = this.#ring[this.#nextDrain & mask] as Slot<Value>;
      if (value === EMPTY) break;
      this.#ring[this.#nextDrain++ & mask] = EMPTY;
      if (value !== COVERED) drained.push(value);
    }
    return drained;
  }

  #grow(): void {
    const old = this.#ring;
    this.#ring = emptyRing(old.length * 2);
    for (let index = this.#nextDrain; index < this.#nextSubmit; index++) {
      this.#ring[index & (this.#ring.length - 1)] = old[index & (old.length - 1)] as Slot<Value>;
    }
  }
}

function emptyRing<Value>(length: number): Slot<Value>[] {
  return new Array<Slot<Value>>(length).fill(EMPTY);
}
