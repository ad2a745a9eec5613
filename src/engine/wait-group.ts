/** Counts what is under way and lets others wait for its end. It holds none of it, whatever that leads to. */
export class WaitGroup {
  #size = 0;
  #empty: PromiseWithResolvers<void> | undefined;

  get size(): number {
    return this.#size;
  }

  /** Counts `work` until it settles, and settles as it does. */
  async track<Value>(work: Promise<Value>): Promise<Value> {
    this.#size++;
    try {
      return await work;
    } finally {
      if (--this.#size === 0) this.#notify();
    }
  }

  /** Resolves when nothing is under way. */
  async whenEmpty(): Promise<void> {
    while (this.#size > 0) {
      this.#empty ??= Promise.withResolvers<void>();
      await this.#empty.promise;
    }
  }

  #notify(): void {
    this.#empty?.resolve();
    this.#empty = undefined;
  }
}
