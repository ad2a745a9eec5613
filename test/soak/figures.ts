import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Round } from './rounds.ts';

const MB = 2 ** 20;
/** What memory may grow by between the first and the last quarter of the rounds before it counts. */
const GROWTH_MB = 150;
const GROWTH_SHARE = 1.25;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the soak has seen. */
export class Figures {
  readonly #startedAt = performance.now();
  #rssMb: number[] = [];
  readonly #workers = new Set<number>();
  #rounds = 0;
  #rows = 0;
  #attempts = 0;
  #kills = 0;
  #checks = 0;
  #refusals = 0;
  #left = '';

  add({ works, records }: Round, checks: number): void {
    this.#rounds++;
    this.#checks += checks;
    for (const { rows } of works) this.#rows += rows.length;
    for (const record of records) {
      if (record.kind !== 'attempt') continue;
      this.#attempts++;
      this.#workers.add(record.threadId);
      if (record.outcome === 'lost') this.#kills++;
      if (record.outcome === 'capacity') this.#refusals++;
    }
    collectGarbage(); // what is left grows only when something is kept
    this.#rssMb.push(process.memoryUsage.rss() / MB);
  }

  /** The rounds until now were there to warm up. */
  memoryCounts(): void {
    this.#rssMb = [];
  }

  /** To be called when all executors are shut down, with the workers that are alive. */
  finish({ threads, processes }: { readonly threads: number; readonly processes: number }): void {
    const handles = process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|File)Wrap$/.test(name));
    this.#left = [`${threads} threads`, `${processes} processes`, ...handles].join(', ');
  }

  /** Whether the process had clearly more memory towards the end than after the start. */
  get rssGrows(): boolean {
    const [first, last] = this.#quarters();
    return this.#rssMb.length >= 40 && last > first * GROWTH_SHARE && last - first > GROWTH_MB;
  }

  toString(): string {
    const [first, last] = this.#quarters();
    const count = (value: number) => value.toLocaleString('en');
    return [
      `${Math.round((performance.now() - this.#startedAt) / 1_000)} s, ${count(this.#rounds)} rounds`,
      `${count(this.#rows)} rows, ${count(this.#attempts)} attempts: ${count(this.#refusals)} refused, ${count(this.#kills)} lost with their worker`,
      `${count(this.#workers.size)} workers ran rows`,
      `${count(this.#checks)} invariant checks, all hold`,
      `RSS: ${first.toFixed(0)} MB (after all executors were warm; median of the first quarter of the rounds), ${last.toFixed(0)} MB (of the last)`,
      `left at the end: ${this.#left}`,
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
