/** First in, first out, in amortised O(1). */
export class Fifo<Item> {
  #items: Item[];
  #head = 0;

  constructor(items: readonly Item[] = []) {
    this.#items = [...items];
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head++];
    this.#compact();
    return item;
  }

  /** Takes out up to `count` items from the front. */
  take(count: number): Item[] {
    const taken = this.#items.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    this.#compact();
    return taken;
  }

  /** Puts items in front, the first of them first. */
  unshift(items: readonly Item[]): void {
    this.#items = items.concat(this.#items.slice(this.#head));
    this.#head = 0;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  /** Drops what was taken once it is at least half, so that it can be freed. */
  #compact(): void {
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
