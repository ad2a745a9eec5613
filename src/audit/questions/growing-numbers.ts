const FIRST_LENGTH = 16;

/** A list of numbers that takes eight bytes for each. */
export class GrowingNumbers {
  #values = new Float64Array(FIRST_LENGTH);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const values = new Float64Array(2 * this.#length);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[this.#length++] = value;
  }

  /** Adds all numbers of another list. */
  append(other: GrowingNumbers): void {
    for (const value of other.view()) this.push(value);
  }

  /** The numbers in the order in which they came; valid until the next one comes. */
  view(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  /** A sorted copy. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.#length).sort();
  }
}
