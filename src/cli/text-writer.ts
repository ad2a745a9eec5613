import type { Writable } from 'node:stream';
import { messageOf, RunError, UsageError } from './exit.ts';

const CHUNK_LENGTH = 64 * 1024;

/** Writing has failed. */
export class WriteError extends RunError {
  /** Whoever read the output has closed it, as `head` does. */
  readonly closedPipe: boolean;

  constructor(name: string, reason: unknown) {
    super(`Cannot write ${name}: ${messageOf(reason)}`);
    this.closedPipe = (reason as { code?: unknown } | null)?.code === 'EPIPE';
  }
}

/** Where text goes. */
export interface TextTarget {
  readonly name: string;
  readonly stream: Writable;
  /** Called once, just before the first write or the end. */
  readonly begin: () => void;
  /** Resolves when everything is written; the stream's errors are told by the stream. */
  readonly end: () => Promise<void>;
}

/**
 * Writes text in large pieces, with backpressure. What is written while nothing else happens leaves at once, so that the
 * reader of a slow pipe waits for no buffer to fill.
 */
export class TextWriter {
  readonly #target: TextTarget;
  readonly #onFailure: PromiseWithResolvers<never> = Promise.withResolvers<never>();
  /** What is to be written next, and how many characters or bytes that are. */
  #pieces: (string | Uint8Array)[] = [];
  #length = 0;
  #begun = false;
  #flushDue: NodeJS.Immediate | undefined;
  #draining: PromiseWithResolvers<void> | undefined;
  #failure: WriteError | UsageError | undefined;

  constructor(target: TextTarget) {
    this.#target = target;
    this.#onFailure.promise.catch(() => undefined); // whoever writes is told again
    target.stream.on('error', (reason) => {
      this.#fail(reason);
    });
  }

  /** Why writing has failed, if it has. */
  get failure(): WriteError | UsageError | undefined {
    return this.#failure;
  }

  /** Rejects when writing fails. */
  get failed(): Promise<never> {
    return this.#onFailure.promise;
  }

  /**
   * Takes text, or UTF-8 that nobody changes. Gives a promise when the writer of more should wait for it.
   *
   * @throws WriteError when writing has failed; so does the promise reject.
   */
  write(text: string | Uint8Array): Promise<unknown> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    this.#add(text);
    if (this.#length >= CHUNK_LENGTH) this.#flush();
    else if (this.#length > 0)
      this.#flushDue ??= setImmediate(() => {
        this.#flush();
      });
    return this.#draining?.promise;
  }

  /** Resolves when everything taken so far is written. Rejects when writing fails. */
  async written(): Promise<void> {
    this.#flush();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#target.stream.write('', (error) => {
      if (error === undefined || error === null) resolve(); // else it is told as an event
    });
    await Promise.race([promise, this.failed]);
  }

  /** The first text is about to come: what the target had before is of no use any more. */
  begin(): void {
    if (this.#failure !== undefined || this.#begun) return;
    this.#begun = true;
    try {
      this.#target.begin();
    } catch (reason) {
      this.#fail(reason);
    }
  }

  /** Writes the rest and resolves when all is written. Rejects with a WriteError. */
  async end(): Promise<void> {
    this.#flush();
    await Promise.race([this.#target.end(), this.failed]);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #flush(): void {
    clearImmediate(this.#flushDue);
    this.#flushDue = undefined;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    this.begin();
    if (this.#failure !== undefined) return;
    try {
      if (pieces.length > 0 && !this.#target.stream.write(joined(pieces))) this.#waitForDrain();
    } catch (reason) {
      this.#fail(reason); // stdout that is a file is written synchronously
    }
  }

  #add(text: string | Uint8Array): void {
    if (text.length === 0) return;
    this.#length += text.length;
    const last = this.#pieces.length - 1;
    const before = this.#pieces[last];
    if (typeof text === 'string' && typeof before === 'string') this.#pieces[last] = before + text;
    else this.#pieces.push(text);
  }

  #waitForDrain(): void {
    if (this.#draining !== undefined) return;
    const draining = Promise.withResolvers<void>();
    this.#draining = draining;
    draining.promise.catch(() => undefined); // whoever writes is told again
    this.#target.stream.once('drain', () => {
      draining.resolve();
      this.#draining = undefined;
    });
  }

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason instanceof UsageError ? reason : new WriteError(this.#target.name, reason);
    this.#onFailure.reject(this.#failure);
    this.#draining?.reject(this.#failure);
  }
}

/** At least one piece. */
function joined(pieces: readonly (string | Uint8Array)[]): string | Uint8Array {
  const [first = ''] = pieces;
  if (pieces.length === 1) return first;
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}
