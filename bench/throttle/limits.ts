import type { Dice } from './dice.ts';

/** What a service takes. Instants in ms. */
export interface Limit {
  /** A call arrives: the status of its refusal, undefined when it is accepted. */
  arrive(now: number, row: number): number | undefined;
  /** An accepted call is done. */
  leave(): void;
  /**
   * For a scheduler that knows everything: takes the first opportunity not before `at`, for a call that is served for
   * `workMs`, and says when that is. To be asked in the order of time.
   */
  book(at: number, workMs: number): number;
}

const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;
const OVERLOADED = 529;

/** A rate that may change: from each instant on, so many per second. */
export type Rate = readonly (readonly [from: number, perSecond: number])[];

/** Accepts so many calls per second, and so many more at once after a rest. */
export class TokenBucket implements Limit {
  readonly #rate: Rate;
  readonly #burst: number;
  #tokens: number;
  #at = 0;

  constructor(rate: number | Rate, burst: number) {
    this.#rate = typeof rate === 'number' ? [[0, rate]] : rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  arrive(now: number): number | undefined {
    this.#fill(now);
    if (this.#tokens < 1) return TOO_MANY_REQUESTS;
    this.#tokens--;
    return undefined;
  }

  leave(): void {
    // a token is spent, not borrowed
  }

  book(at: number): number {
    this.#fill(Math.max(this.#at, at));
    while (this.#tokens < 1) this.#fill(this.#nextFull());
    this.#tokens--;
    return this.#at;
  }

  /** When there is a whole token, or the rate changes before. */
  #nextFull(): number {
    const { perSecond, until } = this.#current();
    return Math.min(until, this.#at + ((1 - this.#tokens) * 1_000) / perSecond + 1e-9);
  }

  #fill(now: number): void {
    while (this.#at < now) {
      const { perSecond, until } = this.#current();
      const end = Math.min(now, until);
      this.#tokens = Math.min(this.#burst, this.#tokens + ((end - this.#at) * perSecond) / 1_000);
      this.#at = end;
    }
  }

  #current(): { readonly perSecond: number; readonly until: number } {
    const index = this.#rate.findLastIndex(([from]) => from <= this.#at);
    return { perSecond: this.#rate[index]?.[1] ?? 0, until: this.#rate[index + 1]?.[0] ?? Infinity };
  }
}

/** Serves so many calls at once. */
export class ConcurrencyLimit implements Limit {
  readonly #free: number[];
  #served = 0;

  constructor(most: number) {
    this.#free = new Array<number>(most).fill(0);
  }

  arrive(): number | undefined {
    if (this.#served >= this.#free.length) return UNAVAILABLE;
    this.#served++;
    return undefined;
  }

  leave(): void {
    this.#served--;
  }

  book(at: number, workMs: number): number {
    const first = this.#free.indexOf(Math.min(...this.#free));
    const begin = Math.max(at, this.#free[first] as number);
    this.#free[first] = begin + workMs;
    return begin;
  }
}

/** Refuses a share of all calls, whatever the load is. A scheduler that knows everything is refused as often. */
export class RandomOverload implements Limit {
  readonly #share: number;
  readonly #dice: Dice;
  readonly #roundTripMs: number;

  constructor(share: number, dice: Dice, roundTripMs: number) {
    this.#share = share;
    this.#dice = dice;
    this.#roundTripMs = roundTripMs;
  }

  arrive(): number | undefined {
    return this.#dice.next() < this.#share ? OVERLOADED : undefined;
  }

  leave(): void {
    // nothing is counted
  }

  book(at: number): number {
    let accepted = at;
    while (this.arrive() !== undefined) accepted += this.#roundTripMs;
    return accepted;
  }
}

/** Accepts nothing from one instant to another. */
export class Outage implements Limit {
  readonly #from: number;
  readonly #until: number;

  constructor(from: number, until: number) {
    this.#from = from;
    this.#until = until;
  }

  arrive(now: number): number | undefined {
    return now >= this.#from && now < this.#until ? UNAVAILABLE : undefined;
  }

  leave(): void {
    // nothing is counted
  }

  book(at: number): number {
    return this.arrive(at) === undefined ? at : this.#until;
  }
}

/** Accepts everything but one row. */
export class RefusedRow implements Limit {
  readonly #row: number;

  constructor(row: number) {
    this.#row = row;
  }

  arrive(_now: number, row: number): number | undefined {
    return row === this.#row ? UNAVAILABLE : undefined;
  }

  leave(): void {
    // nothing is counted
  }

  book(at: number): number {
    return at;
  }
}
