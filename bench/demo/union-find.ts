/** Disjoint sets over the numbers from 0 to `size - 1`, by path halving; the lowest member leads a set. */
export class UnionFind {
  readonly #parents: Uint32Array;

  constructor(size: number) {
    this.#parents = Uint32Array.from({ length: size }, (_, index) => index);
  }

  /** Makes one set of the sets that hold `left` and `right`. */
  join(left: number, right: number): void {
    const [leader, follower] = [this.#leaderOf(left), this.#leaderOf(right)].sort((a, b) => a - b) as [
      number,
      number,
    ];
    this.#parents[follower] = leader;
  }

  /** All sets, by lowest member; the members ascend. */
  members(): number[][] {
    return [...Map.groupBy(this.#parents.keys(), (index) => this.#leaderOf(index)).values()];
  }

  #leaderOf(index: number): number {
    let current = index;
    for (;;) {
      const parent = this.#parents[current] ?? current;
      if (parent === current) return current;
      this.#parents[current] = this.#parents[parent] ?? parent;
      current = parent;
    }
  }
}
