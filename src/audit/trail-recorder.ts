import { messageOf } from '../core/row-error.ts';

/** Items that are written together. */
export interface RecorderGroup<Item> {
  /** Takes down all that is to be written of the items. */
  add(items: readonly Item[]): void;
  /** As `append` of AuditTrail; what it resolves to is for whoever wraps the group. */
  append(): Promise<unknown>;
}

/** Where a recorder writes to. */
export interface RecorderTarget<Item> {
  open(): RecorderGroup<Item>;
}

/** Decides when appends begin. */
export interface AppendPacer {
  /** Waited for before each append, so that more gathers for it. */
  pause(): Promise<void>;
  /** The next append, or the one that is waited for, begins as soon as it can. */
  hurry(): void;
  /** The append has ended well. */
  onAppended(): void;
}

interface Gathering<Item> {
  readonly group: RecorderGroup<Item>;
  readonly durable: PromiseWithResolvers<void>;
}

/**
 * Writes to a trail in groups: while one append is under way, further items gather for the next, as they are to be written.
 * So a slow trail gets fewer, larger appends, and items become durable in the order in which they were given.
 */
export class TrailRecorder<Item> {
  readonly #trail: RecorderTarget<Item>;
  readonly #onFailure: (error: Error) => void;
  readonly #pacer: AppendPacer | undefined;
  #gathering: Gathering<Item> | undefined;
  #writing = false;
  #failure: Error | undefined;

  /**
   * @param onFailure called once, when the trail can no longer record
   * @param pacer without it each append begins when the one before is over
   */
  constructor(trail: RecorderTarget<Item>, onFailure: (error: Error) => void, pacer?: AppendPacer) {
    this.#trail = trail;
    this.#onFailure = onFailure;
    this.#pacer = pacer;
  }

  /** Why the trail can no longer record; undefined while it can. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves when the items are durable; rejects when they never will be. */
  record(items: readonly Item[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { group, durable } = (this.#gathering ??= this.#gather());
    try {
      group.add(items);
    } catch (reason) {
      this.#fail(reason);
    }
    if (!this.#writing) void this.#write();
    return durable.promise;
  }

  /** The same for what a row that runs waits for: it does not wait for more to gather. */
  recordAwaited(items: readonly Item[]): Promise<void> {
    const durable = this.record(items);
    this.#pacer?.hurry();
    return durable;
  }

  #gather(): Gathering<Item> {
    return { group: this.#trail.open(), durable: Promise.withResolvers<void>() };
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#gathering !== undefined) {
      if (this.#pacer !== undefined) await this.#pacer.pause();
      const { group, durable } = this.#gathering;
      this.#gathering = undefined;
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await group.append();
        this.#pacer?.onAppended();
        durable.resolve();
      } catch (reason) {
        durable.reject(this.#fail(reason));
      }
    }
    this.#writing = false;
  }

  #fail(reason: unknown): Error {
    if (this.#failure === undefined) {
      const text = messageOf(reason);
      this.#failure = new Error(`Cannot record to the audit trail: ${text}`, { cause: reason });
      this.#onFailure(this.#failure);
    }
    return this.#failure;
  }
}
