import { GrowingNumbers } from './growing-numbers.ts';

/** Spans of time, sixteen bytes each, and how many of them there are at once. */
export class Spans {
  readonly #starts = new GrowingNumbers();
  readonly #ends = new GrowingNumbers();

  get count(): number {
    return this.#starts.length;
  }

  add(start: number, end: number): void {
    this.#starts.push(start);
    this.#ends.push(end);
  }

  append(other: Spans): void {
    this.#starts.append(other.#starts);
    this.#ends.append(other.#ends);
  }

  /** The most at one time, where spans that only touch are not there at once, nor are those without length. */
  most(): number {
    let most = 0;
    this.walk((_from, _to, count) => {
      most = Math.max(most, count);
    });
    return most;
  }

  /** The most at one time, where spans that touch are there at once. */
  mostTouching(): number {
    const [starts, ends] = [this.#starts.sorted(), this.#ends.sorted()];
    let [most, ended] = [0, 0];
    starts.forEach((start, position) => {
      while ((ends[ended] as number) < start) ended++;
      most = Math.max(most, position + 1 - ended);
    });
    return most;
  }

  /** Calls `visit` for each stretch of time with as many spans as there were then, in order, from the first on. */
  walk(visit: (from: number, to: number, count: number) => void): void {
    const [starts, ends] = [this.#starts.sorted(), this.#ends.sorted()];
    let [begun, ended] = [0, 0];
    while (ended < ends.length) {
      const from = Math.min(starts[begun] ?? Infinity, ends[ended] as number);
      while ((starts[begun] ?? Infinity) <= from) begun++;
      while ((ends[ended] ?? Infinity) <= from) ended++;
      const to = Math.min(starts[begun] ?? Infinity, ends[ended] ?? Infinity);
      if (to < Infinity) visit(from, to, begun - ended);
    }
  }
}
