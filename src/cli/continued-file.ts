import { ftruncateSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { UsageError } from './exit.ts';

export interface ContinuedFileParts {
  readonly file: string;
  /** Open for reading and writing; closed with the stream. */
  readonly handle: FileHandle;
  /** Whether the file may differ from what is written: then it is written anew from there. */
  readonly mayDiffer: boolean;
}

const LINE_FEED = 10;

/**
 * Writes a file that has the beginning of the same text already, as a program leaves it that was killed: what is there is
 * compared and left as it is; where it ends, in the middle of a line or not, writing begins.
 */
export class ContinuedFile extends Writable {
  readonly #file: string;
  readonly #handle: FileHandle;
  #mayDiffer: boolean;
  #comparing = true;
  /** Bytes written or found to be there. */
  #position = 0;
  #line = 1;
  /** What differs, where that is allowed. */
  #difference: string | undefined;

  constructor({ file, handle, mayDiffer }: ContinuedFileParts) {
    super();
    this.#file = file;
    this.#handle = handle;
    this.#mayDiffer = mayDiffer;
  }

  /**
   * Everything that can be there has been written: what follows is new. To be called when no write is under way.
   *
   * @returns what differs, if the file is not the one that was expected and may be another one
   * @throws UsageError when there is more in the file. A file of which nothing was compared may have any content.
   */
  async endOfExpected(): Promise<string | undefined> {
    if (this.#comparing && this.#position > 0 && (await this.#handle.stat()).size > this.#position) {
      this.#noteDifference();
    }
    this.#mayDiffer = true;
    return this.#difference;
  }

  /** Drops what is behind the part that was found to be right; from now on nothing is compared. */
  cut(): void {
    if (!this.#comparing) return;
    this.#comparing = false;
    ftruncateSync(this.#handle.fd, this.#position);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(chunk).then(() => {
      done();
    }, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    try {
      if (this.#mayDiffer) this.cut(); // else it was not compared to its end
      done();
    } catch (reason) {
      done(reason as Error);
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#handle.close().then(() => {
      done(error);
    }, done);
  }

  async #take(chunk: Buffer): Promise<void> {
    let from = this.#comparing ? await this.#compare(chunk) : 0;
    while (from < chunk.length) {
      const { bytesWritten } = await this.#handle.write(chunk, from, chunk.length - from, this.#position);
      from += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  /** How many bytes of the chunk are in the file already. */
  async #compare(chunk: Buffer): Promise<number> {
    const found = await this.#read(chunk.length);
    const same = found.equals(chunk) ? chunk.length : lengthInCommon(found, chunk);
    this.#position += same;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1 && at < same; at = chunk.indexOf(LINE_FEED, at + 1)) {
      this.#line++;
    }
    if (same === chunk.length) return same;
    if (same < found.length) this.#noteDifference();
    this.cut();
    return same;
  }

  /** As many bytes from the position on as there are, at most `length`. */
  async #read(length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, this.#position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  /** @throws UsageError unless the file may differ */
  #noteDifference(): void {
    const what = `is not what the run has written, from line ${this.#line} on`;
    this.#difference = `${this.#file} ${what}: it is written anew from there`;
    if (this.#mayDiffer) return;
    throw new UsageError(
      `Cannot continue ${this.#file} as it ${what} (--allow-drift writes it anew from there)`,
    );
  }
}

function lengthInCommon(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return length;
}
