import type { Round } from './rounds.ts';

const MB = 2 ** 20;
/** What memory may grow by between the first and the last quarter of the rounds before it counts. */
const GROWTH_MB = 150;
const GROWTH_SHARE = 1.25;

/** What the soak has seen. */
export class Figures {
  readonly #startedAt = performance.now();
  readonly #rssMb: number[] = [];
  readonly #workers = new Set<number>();
  #rounds = 0;
  #rows = 0;
  #attempts = 0;
  #kills = 0;
  #checks = 0;
  #handles: string[] = [];

  add({ works, records }: Round, checks: number): void {
    this.#rounds++;
    this.#checks += checks;
    for (const { rows } of works) this.#rows += rows.length;
    for (const record of records) {
      if (record.kind !== 'attempt') continue;
      this.#attempts++;
      this.#workers.add(record.threadId);
      if (record.outcome === 'lost') this.#kills++;
    }
    this.#rssMb.push(process.memoryUsage.rss() / MB);
  }

  /** To be called when all executors are shut down. */
  finish(): void {
    this.#handles = process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|File)Wrap$/.test(name));
  }

  /** Whether the process had clearly more memory towards the end than after the start. */
  get rssGrows(): boolean {
    const [first, last] = this.#quarters();
    return this.#rounds >= 40 && last > first * GROWTH_SHARE && last - first > GROWTH_MB;
  }

  toString(): string {
    const [first, last] = this.#quarters();
    const count = (value: number) => value.toLocaleString('en');
    return [
      `${Math.round((performance.now() - this.#startedAt) / 1_000)} s, ${count(this.#rounds)} rounds`,
      `${count(this.#rows)} rows, ${count(this.#attempts)} attempts, ${count(this.#kills)} of them lost with their worker`,
      `${count(this.#workers.size)} workers ran rows`,
      `${count(this.#checks)} invariant checks, all hold`,
      `RSS: ${first.toFixed(0)} MB (median of the first quarter of the rounds), ${last.toFixed(0)} MB (of the last)`,
      `open handles at the end: ${this.#handles.length === 0 ? 'none' : this.#handles.join(', ')}`,
    ].join('\n');
  }

  #quarters(): [first: number, last: number] {
    const size = Math.ceil(this.#rssMb.length / 4);
    return [median(this.#rssMb.slice(0, size)), median(this.#rssMb.slice(-size))];
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
