import type { Batch } from './batch.ts';
import type { Entry } from './core/entry.ts';
import { concatenate } from './core/concatenate.ts';
import { Fifo } from './core/fifo.ts';
import type { BatchStats } from './core/stats.ts';
import { EntryQueue } from './entry-queue.ts';
import type { EntryRun } from './entry-run.ts';
import { SourcePuller, type PulledRows } from './source-puller.ts';

/** The entries of a stream, in order; iterate it once. */
export interface EntryStream<Output> extends AsyncIterableIterator<Entry<Output>, undefined, unknown> {
  /** The counters of this stream alone, at this moment. */
  readonly stats: BatchStats;
  /**
   * Takes all entries that are ready, in order, and waits for one where there is none; gives none when the stream is over.
   * For consumers that can deal with many at once, which saves a promise for each. Rejects like `next`.
   */
  nextReady(): Promise<readonly Entry<Output>[]>;
  /**
   * Like `nextReady`, in runs of entries that are made when they are asked for.
   *
   * @internal for the command line
   */
  nextRuns(): Promise<readonly EntryRun<Output>[]>;
  return(): Promise<IteratorReturnResult<undefined>>;
  throw(error: unknown): Promise<never>;
}

/** What a stream needs of its executor. */
export interface StreamParts extends PulledRows {
  readonly batch: Batch;
  /** The consumer has stopped: ends the batch and drops its entries. */
  readonly abandon: () => void;
  readonly stats: () => BatchStats;
}

type Step = IteratorResult<Entry<unknown>, undefined>;

/** A consumer that waits. */
interface Reader {
  /** Whether it takes all that is ready, and not only one entry. */
  readonly takesAll: boolean;
  /** Ends its wait; with no entries at the end of the stream. */
  readonly resolve: (runs: readonly EntryRun[]) => void;
  readonly reject: (reason: unknown) => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Hands out entries in order, and has rows pulled while the window has room. Nothing is pulled before the first entry is
 * asked for.
 */
export class WindowedStream implements EntryStream<unknown> {
  /** Resolves when every entry is taken, or the stream was stopped, and nothing of it runs any more. */
  readonly finished: Promise<void>;
  readonly #parts: StreamParts;
  readonly #puller: SourcePuller;
  readonly #entries = new EntryQueue();
  readonly #readers = new Fifo<Reader>();
  readonly #finishing = Promise.withResolvers<void>();
  #taken = 0;
  /** Given out together with another, and not yet dealt with as far as is known: they take up room in the window. */
  #atConsumer = 0;
  #catchingUp: PromiseWithResolvers<void> | undefined;
  #stopped = false;
  /** The consumer has stopped before it had all rows. */
  #cutShort = false;
  #settled = false;
  /** What the next reader is told after the last entry. */
  #error: { readonly reason: unknown } | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#puller = new SourcePuller({
      ...parts,
      pending: () => this.pending,
      onError: (reason) => {
        this.#error ??= { reason };
      },
    });
    this.finished = this.#finishing.promise;
    parts.batch.settled.then(
      () => {
        this.#onSettled();
      },
      (reason: unknown) => {
        this.#error ??= { reason };
        this.#onSettled();
      },
    );
  }

  get stats(): BatchStats {
    return this.#parts.stats();
  }

  /** Whether the source itself has ended, it was neither stopped before nor has it failed, and all of its rows were taken. */
  get ranToEnd(): boolean {
    return this.#puller.readToEnd && !this.#cutShort;
  }

  /** Rows admitted and not yet taken. */
  get pending(): number {
    return this.#stopped ? 0 : this.#parts.batch.stats.submitted - this.#taken;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    this.#makeRoom();
    const entry = this.#entries.shift();
    if (entry === undefined) return this.#wait(false).then(([first]) => stepOf(first?.at(0)));
    this.#onTaken(1);
    return Promise.resolve(stepOf(entry));
  }

  async nextReady(): Promise<readonly Entry<unknown>[]> {
    const runs = await this.nextRuns();
    return concatenate(runs.map((run) => Array.from(run)));
  }

  nextRuns(): Promise<readonly EntryRun[]> {
    this.#makeRoom();
    const { size } = this.#entries;
    if (size === 0) return this.#wait(true);
    const runs = this.#entries.take(size);
    this.#onTaken(size);
    return Promise.resolve(runs);
  }

  /**
   * The consumer stops: closes the source and resolves when nothing of the stream runs any more. An async generator that
   * owes a row is not waited for: it ends when it has given that.
   */
  async return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#stopped) {
      this.#cutShort = this.pending > 0;
      this.#stopped = true;
      this.#entries.clear();
      this.#parts.abandon();
      await this.endSource();
    }
    await this.#parts.batch.settled.catch(() => undefined);
    this.#finishIfTaken();
    return DONE;
  }

  async throw(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  /** Takes the entries that are next in order. */
  deliver(runs: readonly EntryRun[]): void {
    for (const run of runs) this.#entries.push(run);
    while (this.#entries.size > 0) {
      const reader = this.#readers.shift();
      if (reader === undefined) break;
      // one that takes all leaves an entry for each that waits behind it
      const count = reader.takesAll ? Math.max(1, this.#entries.size - this.#readers.size) : 1;
      this.#count(count);
      reader.resolve(this.#entries.take(count));
    }
    this.#noteIfCaughtUp();
    this.#pull();
  }

  /** Resolves when everything admitted so far was taken and the consumer asks for more. */
  caughtUp(): Promise<void> {
    this.#catchingUp ??= Promise.withResolvers<void>();
    const { promise } = this.#catchingUp;
    this.#noteIfCaughtUp();
    return promise;
  }

  /** Stops pulling and closes the source; what was admitted goes on. */
  endSource(): Promise<void> {
    return this.#puller.end();
  }

  #noteIfCaughtUp(): void {
    if (this.#catchingUp === undefined || this.#readers.size === 0 || this.pending > 0) return;
    this.#catchingUp.resolve();
    this.#catchingUp = undefined;
  }

  #pull(): void {
    this.#puller.pull(this.#entries.size > 0);
  }

  /** The consumer asks for more, so that it has dealt with what it got. */
  #makeRoom(): void {
    this.#taken += this.#atConsumer;
    this.#atConsumer = 0;
  }

  #onTaken(entries: number): void {
    this.#count(entries);
    this.#pull();
    this.#finishIfTaken();
  }

  /** The first of the entries that are given out together makes room at once, as one by itself does. */
  #count(entries: number): void {
    this.#taken++;
    this.#atConsumer += entries - 1;
  }

  #wait(takesAll: boolean): Promise<readonly EntryRun[]> {
    if (this.#settled || this.#stopped) return this.#end();
    const { promise, resolve, reject } = Promise.withResolvers<readonly EntryRun[]>();
    this.#readers.push({ takesAll, resolve, reject });
    this.#noteIfCaughtUp();
    this.#pull();
    return promise;
  }

  #onSettled(): void {
    this.#settled = true;
    for (let reader = this.#readers.shift(); reader !== undefined; reader = this.#readers.shift()) {
      this.#end().then(reader.resolve, reader.reject);
    }
    this.#finishIfTaken();
  }

  /** The end of the stream: its error once, then no entries. */
  #end(): Promise<readonly never[]> {
    const error = this.#stopped ? undefined : this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve([]) : Promise.reject(error.reason);
  }

  #finishIfTaken(): void {
    if (this.#settled && this.#entries.size === 0) this.#finishing.resolve();
  }
}

function stepOf(entry: Entry<unknown> | undefined): Step {
  return entry === undefined ? DONE : { done: false, value: entry };
}
