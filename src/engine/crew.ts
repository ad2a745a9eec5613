import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/row-error.ts';
import { TransformLoadError, WorkerStartError } from './engine.ts';
import type { Host } from './host.ts';
import { Placement, type Member } from './placement.ts';
import { settledWithin } from './settled-within.ts';
import type { WorkerReply } from './worker-protocol.ts';

export interface CrewOptions {
  /** How many workers there are while all is well. */
  readonly size: number;
  /** How many slices one worker may have at once. */
  readonly slicesPerHost: number;
  readonly transformUrl: string;
  /** How long a worker may take to start and load the transform. */
  readonly loadTimeoutMs: number;
  readonly clock: Clock;
  readonly startHost: () => Host;
  /** Loads the transform in a worker: what its setup is answered with. */
  readonly load: (host: Host) => Promise<WorkerReply>;
}

/** What came of a slice, for the worker that ran it. */
export interface Yield {
  /** Rows that it ran. */
  readonly rows: number;
  /** Whether any of them has got on by it: a worker that ends for nothing too often is a sign that none will. */
  readonly fruitful: boolean;
}

/** Waits before a worker is started again after one that could not be; then the crew is broken. */
const RESTART_DELAYS_MS = [0, 100, 1_000];
/** Workers that may end one after another without any row getting done; more where more can be lost at one blow. */
const MAX_FRUITLESS = 20;
/** Wait before a worker is replaced that had to go before it ran any row: its successor will hardly do better. */
const UNUSED_DELAY_MS = 1_000;
/** What a machine may run short of for a while when a worker is to be started. */
const SHORTAGE = /\b(EMFILE|ENFILE|EAGAIN|ENOMEM)\b/;
/** When workers that no slice has asked for are started: short slices run undisturbed by them until then. */
const SPARE_START_DELAY_MS = 20;
/** How long a worker that is loading may take before it is ended. */
const LOAD_GRACE_MS = 5_000;

/**
 * The workers of an engine: starts them, gives slices their place, and replaces workers that end, that are worn out or
 * that can't be trusted any more.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Set<Member>();
  readonly #placement: Placement;
  readonly #loading = new Set<Promise<unknown>>();
  /** While the first worker starts: those that load the transform as soon as it has. */
  #followers: Member[] | undefined;
  /** How many workers are yet to be started: when a slice has none for itself, or some time has passed. */
  #spare = 0;
  readonly #restarts = new Set<() => void>();
  /** The worker whose successor is being started. */
  #succeeded: Member | undefined;
  #failedStarts = 0;
  #fruitless = 0;
  #broken: Error | undefined;
  #closed = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#placement = new Placement(this.#members, options.slicesPerHost);
  }

  /**
   * Resolves when the first worker has loaded the transform; the others load it only then.
   *
   * @param slices how many wait, at most: workers beyond that would compete with theirs for the machine, and start later
   */
  async start(slices: number = this.#options.size): Promise<void> {
    const first = this.#enlist();
    const followers: Member[] = (this.#followers = []);
    this.expectSlices(slices);
    try {
      await this.#load(first);
    } catch (reason) {
      for (const { host } of followers) host.terminate(); // the next start begins anew
      throw reason;
    } finally {
      this.#followers = undefined;
    }
    if (this.#closed) return; // dismissed meanwhile: it ends the workers that there are
    this.#spare = this.#options.size - 1 - followers.length;
    for (const member of followers) {
      this.#load(member).catch((reason: unknown) => this.#onStartFailed(reason, () => this.#replace()));
    }
    if (this.#spare > 0) this.#startSpareLater();
  }

  /** While the first worker starts: so many slices wait by now, at most. Workers that can't be started yet are tried again. */
  expectSlices(slices: number): void {
    const count = Math.min(slices, this.#options.size) - 1;
    const followers = this.#followers;
    try {
      while (followers !== undefined && followers.length < count) followers.push(this.#enlist());
    } catch {
      // those that are missing are spare
    }
  }

  /**
   * Gives the slice a worker, which must be given back with {@link release}: the least busy, or with `alone` one that has
   * nothing else meanwhile. Undefined when none is free at this moment.
   */
  tryTake(alone: boolean): Member | undefined {
    if (this.#broken !== undefined) throw this.#broken;
    const member = this.#placement.tryTake(alone);
    const hasOne = member?.slices === 1;
    if (!hasOne && this.#startingCount <= this.#placement.waitingCount) this.#startSpare(); // none is on its way to it
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
    this.#enlistAndLoad().then(
      () => {
        this.#succeeded = undefined;
        if (member.state !== 'ready') return;
        member.state = 'leaving';
        dismissIfIdle(member);
      },
      (reason: unknown) => {
        this.#succeeded = undefined;
        const isThere = member.state === 'ready'; // then it is asked for again
        this.#onStartFailed(reason, isThere ? () => undefined : () => this.#replace());
      },
    );
  }

  memberOf(host: Host): Member | undefined {
    return [...this.#members].find((member) => member.host === host);
  }

  /** Ends all workers; those that are loading get a moment to get through it. Resolves when none is left. */
  async dismiss(): Promise<void> {
    this.#closed = true;
    this.#spare = 0;
    for (const cancel of this.#restarts) cancel();
    this.#placement.end();
    // Node aborts the whole process when a thread is ended while it requires an ES module
    if (this.#loading.size > 0) {
      await settledWithin(this.#options.clock, LOAD_GRACE_MS, [...this.#loading]);
    }
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

  async #enlistAndLoad(): Promise<void> {
    await this.#load(this.#enlist());
  }

  /** One that goes while its successor is being started has its replacement on the way. */
  #fillPlaceOf(member: Member, delayMs = 0): void {
    if (member === this.#succeeded) return;
    if (delayMs === 0) this.#replace();
    else this.#after(delayMs, () => this.#replace());
  }

  /** Starts a worker in the place of one that is gone, again and again until it succeeds or the crew is broken. */
  #replace(): void {
    this.#enlistAndLoad().catch((reason: unknown) => {
      this.#onStartFailed(reason, () => this.#replace());
    });
  }

  get #startingCount(): number {
    return [...this.#members].filter(({ state }) => state === 'starting').length;
  }

  /** A process that has nothing else to do need not wait for them. */
  #startSpareLater(): void {
    const cancel = this.#options.clock.setLimit(() => {
      this.#restarts.delete(cancel);
      this.#startSpare();
    }, SPARE_START_DELAY_MS);
    this.#restarts.add(cancel);
  }

  #startSpare(): void {
    for (; this.#spare > 0; this.#spare--) this.#replace();
  }

  #onStartFailed(reason: unknown, again: () => void): void {
    if (this.#closed) return;
    const delayMs = RESTART_DELAYS_MS[this.#failedStarts++];
    if (delayMs === undefined) {
      this.#break(reason instanceof Error ? reason : new Error(messageOf(reason), { cause: reason }));
      return;
    }
    this.#after(delayMs, again);
  }

  #after(delayMs: number, act: () => void): void {
    const cancel = this.#options.clock.setTimer(() => {
      this.#restarts.delete(cancel);
      act();
    }, delayMs);
    this.#restarts.add(cancel);
  }

  /** Has the worker load the transform. Rejects with a {@link TransformLoadError}; then the worker is gone. */
  async #load(member: Member): Promise<void> {
    const { host } = member;
    const loading = this.#options.load(host);
    this.#loading.add(loading);
    const { transformUrl, loadTimeoutMs, clock } = this.#options;
    const limit = { isOver: false };
    const cancelLimit = clock.setLimit(() => {
      limit.isOver = true;
      host.terminate();
    }, loadTimeoutMs);
    try {
      const reply = await loading;
      if (reply.kind === 'load-failed') throw loadFailure(reply);
    } catch (reason) {
      host.terminate();
      if (reason instanceof TransformLoadError) throw reason;
      if (limit.isOver) {
        const overdue = `it had not finished loading after loadTimeoutMs (${loadTimeoutMs} ms)`;
        throw new TransformLoadError(`Cannot load transform ${transformUrl}: ${overdue}`);
      }
      const message = messageOf(reason);
      const LoadError = SHORTAGE.test(message) ? WorkerStartError : TransformLoadError;
      throw new LoadError(`Cannot load transform ${transformUrl}: its worker ended meanwhile: ${message}`);
    } finally {
      cancelLimit();
      this.#loading.delete(loading);
    }
    member.state = 'ready';
    this.#failedStarts = 0;
    this.#placement.place();
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

function loadFailure({ message, cause }: Extract<WorkerReply, { kind: 'load-failed' }>): TransformLoadError {
  return new TransformLoadError(message, cause === undefined ? {} : { cause });
}
