import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/row-error.ts';
import { TransformLoadError, WorkerStartError } from './engine.ts';
import type { Host } from './host.ts';
import type { Member } from './placement.ts';
import { settledWithin } from './settled-within.ts';
import type { WorkerReply } from './worker-protocol.ts';

export interface RecruiterOptions {
  /** How many workers there are while all is well. */
  readonly size: number;
  readonly transformUrl: string;
  /** How long a worker may take to start and load the transform. */
  readonly loadTimeoutMs: number;
  readonly clock: Clock;
  /** Loads the transform in a worker: what its setup is answered with. */
  readonly load: (host: Host) => Promise<WorkerReply>;
}

/** The crew that workers are started for. */
export interface RecruitingCrew {
  /** Starts a worker, which has the transform yet to load. */
  readonly enlist: () => Member;
  /** A worker has loaded the transform. */
  readonly onReady: () => void;
  /** Workers can't be started any more. */
  readonly onFatal: (error: Error) => void;
}

/** Waits before a worker is started again after one that could not be; then nothing can run any more. */
const RESTART_DELAYS_MS = [0, 100, 1_000];
/** What a machine may run short of for a while when a worker is to be started. */
const SHORTAGE = /\b(EMFILE|ENFILE|EAGAIN|ENOMEM)\b/;
/** When workers that no slice has asked for are started: short slices run undisturbed by them until then. */
const SPARE_START_DELAY_MS = 20;
/** How long a worker that is loading may take before it is ended. */
const LOAD_GRACE_MS = 5_000;

/** Starts the workers of a crew, and has them load the transform: the first ones, and those that take another's place. */
export class Recruiter {
  readonly #options: RecruiterOptions;
  readonly #crew: RecruitingCrew;
  readonly #loading = new Set<Promise<unknown>>();
  /** While the first worker starts: those that load the transform as soon as it has. */
  #followers: Member[] | undefined;
  /** How many workers are yet to be started: when a slice has none for itself, or some time has passed. */
  #spare = 0;
  /** Each cancels a start that is planned. */
  readonly #planned = new Set<() => void>();
  #failedStarts = 0;
  #closed = false;

  constructor(options: RecruiterOptions, crew: RecruitingCrew) {
    this.#options = options;
    this.#crew = crew;
  }

  /**
   * Resolves when the first worker has loaded the transform; the others load it only then.
   *
   * @param slices how many wait, at most: workers beyond that would compete with theirs for the machine, and start later
   */
  async start(slices: number): Promise<void> {
    const first = this.#crew.enlist();
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
    if (this.#closed) return; // the crew ends the workers that there are
    this.#spare = this.#options.size - 1 - followers.length;
    for (const member of followers) {
      this.#load(member).catch((reason: unknown) => this.onFailed(reason, () => this.replace()));
    }
    if (this.#spare > 0) this.#startSpareLater();
  }

  /** While the first worker starts: so many slices wait by now, at most. Workers that can't be started yet are tried again. */
  expectSlices(slices: number): void {
    const count = Math.min(slices, this.#options.size) - 1;
    const followers = this.#followers;
    try {
      while (followers !== undefined && followers.length < count) followers.push(this.#crew.enlist());
    } catch {
      // those that are missing are spare
    }
  }

  /** A slice has no worker for itself, and none is on its way to it: those that are left of the first start now. */
  startSpare(): void {
    for (; this.#spare > 0; this.#spare--) this.replace();
  }

  /** Starts a worker in the place of one that is gone, again and again until it succeeds or nothing can run any more. */
  replace(delayMs = 0): void {
    if (delayMs > 0) {
      this.#after(delayMs, () => this.replace());
      return;
    }
    this.recruit().catch((reason: unknown) => {
      this.onFailed(reason, () => this.replace());
    });
  }

  /** Starts one worker. Rejects when that fails, which {@link onFailed} is to be told. */
  async recruit(): Promise<void> {
    await this.#load(this.#crew.enlist());
  }

  /** @param again is called after a while, unless too many starts have failed one after another */
  onFailed(reason: unknown, again: () => void): void {
    if (this.#closed) return;
    const delayMs = RESTART_DELAYS_MS[this.#failedStarts++];
    if (delayMs === undefined) {
      this.#crew.onFatal(reason instanceof Error ? reason : new Error(messageOf(reason), { cause: reason }));
      return;
    }
    this.#after(delayMs, again);
  }

  /**
   * No more workers are started. Gives a promise when some are loading: it resolves when they have got through that, or
   * had a moment for it.
   */
  close(): Promise<void> | undefined {
    this.#closed = true;
    this.#spare = 0;
    for (const cancel of this.#planned) cancel();
    if (this.#loading.size === 0) return undefined;
    // Node aborts the whole process when a thread is ended while it requires an ES module
    return settledWithin(this.#options.clock, LOAD_GRACE_MS, [...this.#loading]);
  }

  /** A process that has nothing else to do need not wait for them. */
  #startSpareLater(): void {
    const cancel = this.#options.clock.setLimit(() => {
      this.#planned.delete(cancel);
      this.startSpare();
    }, SPARE_START_DELAY_MS);
    this.#planned.add(cancel);
  }

  #after(delayMs: number, act: () => void): void {
    const cancel = this.#options.clock.setTimer(() => {
      this.#planned.delete(cancel);
      act();
    }, delayMs);
    this.#planned.add(cancel);
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
    this.#crew.onReady();
  }
}

function loadFailure({ message, cause }: Extract<WorkerReply, { kind: 'load-failed' }>): TransformLoadError {
  return new TransformLoadError(message, cause === undefined ? {} : { cause });
}
