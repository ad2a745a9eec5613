import type { Batch, Ending } from './batch.ts';
import type { Dispatcher } from './dispatcher.ts';

/** A batch or stream that is not over. */
export interface Work {
  readonly batch: Batch;
  /** Rows admitted and not yet emitted. */
  readonly pending: () => number;
  /** Stops taking rows in. */
  readonly stopSource: () => void;
}

const ABORTED: Ending = { code: 'aborted', message: 'Batch was aborted before the row had finished' };
const UNRECORDED: Ending = { code: 'aborted', message: 'Batch failed before the row had finished' };
const SHUT_DOWN: Ending = {
  code: 'shutdown_requested',
  message: 'Executor was shut down before the row had finished',
};

/** All batches and streams that are not over, and the ways to end them. */
export class Works {
  readonly #dispatcher: Dispatcher;
  readonly #onOver: () => void;
  /** Each with the promise of its end. */
  readonly #works = new Map<Work, Promise<void>>();

  /** @param onOver called when one of them is over */
  constructor(dispatcher: Dispatcher, onOver: () => void) {
    this.#dispatcher = dispatcher;
    this.#onOver = onOver;
  }

  /** Rows admitted and not yet emitted, over all batches. */
  get pendingCount(): number {
    let pending = 0;
    for (const work of this.#works.keys()) pending += work.pending();
    return pending;
  }

  /** Takes a work in, and aborts it when `signal` is. Returns what is to be called when the work is over. */
  begin(work: Work, signal: AbortSignal | undefined): () => void {
    const over = Promise.withResolvers<void>();
    this.#works.set(work, over.promise);
    const abort = () => {
      this.#dispatcher.end(work.batch, ABORTED);
      work.stopSource();
    };
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
    return () => {
      signal?.removeEventListener('abort', abort);
      this.#works.delete(work);
      this.#onOver();
      over.resolve();
    };
  }

  /** Nothing can run or be recorded any more: every work fails with this error. */
  failAll(error: Error): void {
    for (const { batch, stopSource } of this.#works.keys()) {
      batch.discard(error);
      this.#dispatcher.end(batch, UNRECORDED);
      stopSource();
    }
  }

  /** Stops taking rows in; resolves when every work is over. */
  async drain(): Promise<void> {
    for (const work of this.#works.keys()) work.stopSource();
    await Promise.all(this.#works.values());
  }

  /** Ends every row that has not finished with `shutdown_requested`. */
  shutDown(): void {
    for (const { batch, stopSource } of this.#works.keys()) {
      this.#dispatcher.end(batch, SHUT_DOWN);
      stopSource();
    }
  }
}
