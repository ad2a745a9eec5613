import type { Host } from './host.ts';
import { Placement, type Member } from './placement.ts';
import { Recruiter, type RecruiterOptions } from './recruiter.ts';

export interface CrewOptions extends RecruiterOptions {
  /** How many slices one worker may have at once. */
  readonly slicesPerHost: number;
  readonly startHost: () => Host;
}

/** What came of a slice, for the worker that ran it. */
export interface Yield {
  /** Rows that it ran. */
  readonly rows: number;
  /** Whether any of them has got on by it: a worker that ends for nothing too often is a sign that none will. */
  readonly fruitful: boolean;
}

/** Workers that may end one after another without any row getting done; more where more can be lost at one blow. */
const MAX_FRUITLESS = 20;
/** Wait before a worker is replaced that had to go before it ran any row: its successor will hardly do better. */
const UNUSED_DELAY_MS = 1_000;

/**
 * The workers of an engine: gives slices their place, and replaces workers that end, that are worn out or that can't be
 * trusted any more.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Set<Member>();
  readonly #placement: Placement;
  readonly #recruiter: Recruiter;
  /** The worker whose successor is being started. */
  #succeeded: Member | undefined;
  #fruitless = 0;
  #broken: Error | undefined;
  #closed = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#placement = new Placement(this.#members, options.slicesPerHost);
    this.#recruiter = new Recruiter(options, {
      enlist: () => this.#enlist(),
      onReady: () => {
        this.#placement.place();
      },
      onFatal: (error) => {
        this.#break(error);
      },
    });
  }

  /**
   * Resolves when the first worker has loaded the transform; the others load it only then.
   *
   * @param slices how many wait, at most: workers beyond that would compete with theirs for the machine, and start later
   */
  start(slices: number = this.#options.size): Promise<void> {
    return this.#recruiter.start(slices);
  }

  /** While the first worker starts: so many slices wait by now, at most. */
  expectSlices(slices: number): void {
    this.#recruiter.expectSlices(slices);
  }

  /**
   * Gives the slice a worker, which must be given back with {@link release}: the least busy, or with `alone` one that has
   * nothing else meanwhile. Undefined when none is free at this moment.
   */
  tryTake(alone: boolean): Member | undefined {
    if (this.#broken !== undefined) throw this.#broken;
    const member = this.#placement.tryTake(alone);
    const hasOne = member?.slices === 1;
    if (!hasOne && this.#startingCount <= this.#placement.waitingCount) this.#recruiter.startSpare(); // none is on its way to it
    return member;
  }

  /** The same, and waits. Gives undefined when the crew is dismissed meanwhile; rejects when it is broken. */
  async take(alone: boolean): Promise<Member | undefined> {
    if (this.#broken !== undefined) throw this.#broken;
    return this.#closed ? this.#placement.tryTake(alone) : this.#placement.take(alone);
  }

  /** Whether the worker may have a slice behind the one that it runs. */
  takesBehind({ state, reserved }: Member): boolean {
    return state === 'ready' && !reserved;
  }

  /** Gives it one, which is to be given back like others. */
  giveBehind(member: Member): Member {
    return this.#placement.giveBehind(member);
  }

  /** The slice is over. */
  release(member: Member, { rows, fruitful }: Yield): void {
    this.#placement.release(member);
    member.rows += rows;
    if (fruitful) this.#fruitless = 0;
    if (member.state === 'leaving') dismissIfIdle(member);
    this.#placement.place();
  }

  /** No further slice gets this worker; it is replaced at once (if it has been of any use), and ends when it is idle. */
  retire(member: Member): void {
    if (member.state === 'leaving' || !this.#members.has(member) || this.#closed) return;
    if (member.state === 'starting') {
      member.host.terminate(); // it fails to start, and is dealt with as such
      return;
    }
    member.state = 'leaving';
    const isUnused = member.rows === 0 && member.slices === 0;
    this.#fillPlaceOf(member, isUnused ? UNUSED_DELAY_MS : 0);
    dismissIfIdle(member);
  }

  /** Has the worker replaced when its successor is ready; until then it goes on. One at a time. */
  recycle(member: Member): void {
    if (this.#succeeded !== undefined || member.state !== 'ready') return;
    if (this.#closed || this.#broken !== undefined) return;
    this.#succeeded = member;
    this.#recruiter.recruit().then(
      () => {
        this.#succeeded = undefined;
        if (member.state !== 'ready') return;
        member.state = 'leaving';
        dismissIfIdle(member);
      },
      (reason: unknown) => {
        this.#succeeded = undefined;
        const isThere = member.state === 'ready'; // then it is asked for again
        this.#recruiter.onFailed(reason, isThere ? () => undefined : () => this.#recruiter.replace());
      },
    );
  }

  memberOf(host: Host): Member | undefined {
    return [...this.#members].find((member) => member.host === host);
  }

  /** Ends all workers; those that are loading get a moment to get through it. Resolves when none is left. */
  async dismiss(): Promise<void> {
    this.#closed = true;
    const loading = this.#recruiter.close();
    this.#placement.end();
    if (loading !== undefined) await loading;
    const hosts = [...this.#members].map(({ host }) => host);
    for (const host of hosts) host.terminate();
    await Promise.all(hosts.map(({ ended }) => ended));
  }

  /** For messages: what each worker does. */
  describe(): string {
    const members = [...this.#members].map(
      ({ host, state, slices, rows }) =>
        `worker ${host.id} is ${state}, has ${slices} slices, ran ${rows} rows`,
    );
    return [...members, `${this.#placement.waitingCount} slices wait for a worker`].join('; ');
  }

  #enlist(): Member {
    const host = this.#options.startHost();
    const member: Member = { host, state: 'starting', slices: 0, reserved: false, rows: 0 };
    this.#members.add(member);
    void host.ended.then((reason) => this.#onEnded(member, reason));
    return member;
  }

  /** One that goes while its successor is being started has its replacement on the way. */
  #fillPlaceOf(member: Member, delayMs = 0): void {
    if (member !== this.#succeeded) this.#recruiter.replace(delayMs);
  }

  get #startingCount(): number {
    return [...this.#members].filter(({ state }) => state === 'starting').length;
  }

  #onEnded(member: Member, reason: Error): void {
    const { state } = member;
    this.#members.delete(member);
    member.state = 'leaving';
    // one that was starting is dealt with where it was started; one that was leaving has been replaced
    if (state !== 'ready' || this.#closed || this.#broken !== undefined) return;
    if (++this.#fruitless <= this.#mostFruitless) {
      this.#fillPlaceOf(member);
      return;
    }
    const crew = this.describe();
    this.#break(
      new Error(
        `Cannot go on as ${this.#mostFruitless} workers ended before any row got done, the last with: ${reason.message} (${crew})`,
      ),
    );
  }

  get #mostFruitless(): number {
    return Math.max(MAX_FRUITLESS, 2 * this.#options.size);
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#placement.fail(error);
  }
}

function dismissIfIdle({ host, slices }: Member): void {
  if (slices === 0) host.terminate();
}
