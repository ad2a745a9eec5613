import type { Host } from './host.ts';

/** A worker and what it has to do. */
export interface Member {
  readonly host: Host;
  state: 'starting' | 'ready' | 'leaving';
  slices: number;
  /** A slice that must run alone has it, or waits for it. */
  reserved: boolean;
  /** Rows it has run. */
  rows: number;
}

interface Waiting {
  readonly alone: boolean;
  readonly resolve: (member: Member | undefined) => void;
  readonly reject: (reason: Error) => void;
  /** The member that is kept free for it. */
  reserved: Member | undefined;
}

/** Which worker gets which slice, and the slices that wait for one, first come first served. */
export class Placement {
  readonly #members: ReadonlySet<Member>;
  readonly #slicesPerHost: number;
  readonly #waiting: Waiting[] = [];

  /**
   * @param members the workers that there are, as they come and go
   * @param slicesPerHost how many slices one worker may have at once
   */
  constructor(members: ReadonlySet<Member>, slicesPerHost: number) {
    this.#members = members;
    this.#slicesPerHost = slicesPerHost;
  }

  /** How many slices wait for a worker. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Gives the slice the least busy worker, or with `alone` one that has nothing else meanwhile; undefined when none is free. */
  tryTake(alone: boolean): Member | undefined {
    const member = this.#leastBusy(alone ? 1 : this.#slicesPerHost);
    return member && give(member, alone);
  }

  /** The same, and waits. Gives undefined after {@link end}, rejects after {@link fail}. */
  async take(alone: boolean): Promise<Member | undefined> {
    return (
      this.tryTake(alone) ??
      new Promise((resolve, reject) => {
        this.#waiting.push({ alone, resolve, reject, reserved: undefined });
        this.place();
      })
    );
  }

  /** Gives the worker a slice behind the one that it runs. */
  giveBehind(member: Member): Member {
    return give(member, false);
  }

  /** A slice of the worker is over. */
  release(member: Member): void {
    member.slices--;
    if (member.slices === 0) member.reserved = this.#waiting.some(({ reserved }) => reserved === member);
  }

  /** Gives those who wait their workers, as far as there are any. */
  place(): void {
    for (const waiting of [...this.#waiting]) {
      const member = waiting.alone ? this.#reserve(waiting) : this.tryTake(false);
      if (member === undefined) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve(member);
    }
  }

  /** Those who wait get no worker. */
  end(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
  }

  /** Those who wait get this error. */
  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Gives an idle worker; keeps one free of other slices until it is idle when none is. */
  #reserve(waiting: Waiting): Member | undefined {
    const idle = waiting.reserved?.slices === 0 ? waiting.reserved : this.#leastBusy(1);
    if (idle?.state === 'ready') {
      if (waiting.reserved !== undefined) waiting.reserved.reserved = false;
      return give(idle, true);
    }
    if (waiting.reserved?.state !== 'ready') waiting.reserved = this.#leastBusy(Infinity);
    if (waiting.reserved !== undefined) waiting.reserved.reserved = true;
    return undefined;
  }

  #leastBusy(fewerSlicesThan: number): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      const { state, reserved, slices } = member;
      if (state !== 'ready' || reserved || slices >= fewerSlicesThan) continue;
      if (best === undefined || slices < best.slices) best = member;
    }
    return best;
  }
}

function give(member: Member, alone: boolean): Member {
  member.slices++;
  member.reserved = alone;
  return member;
}
