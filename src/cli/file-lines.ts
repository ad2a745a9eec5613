import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, UsageError } from './exit.ts';

const LINE_FEED = 10;

/** The lines of a file one by one, each with its line feed, as latin1 text: one character per byte. */
export class FileLines {
  readonly #file: string;
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  #chunk: Buffer = Buffer.alloc(0);
  #position = 0;

  constructor(file: string, { gzip }: { readonly gzip: boolean }) {
    this.#file = file;
    this.#chunks = (gzip ? unzip(file) : createReadStream(file))[Symbol.asyncIterator]();
  }

  /** The next line; undefined after the last. @throws UsageError when the file can't be read */
  next(): string | undefined | Promise<string | undefined> {
    const end = this.#chunk.indexOf(LINE_FEED, this.#position) + 1;
    if (end === 0) return this.#readOn();
    const line = this.#chunk.toString('latin1', this.#position, end);
    this.#position = end;
    return line;
  }

  async #readOn(): Promise<string | undefined> {
    const rest = [this.#chunk.subarray(this.#position)];
    for (;;) {
      const chunk = await this.#read();
      if (chunk !== undefined) rest.push(chunk);
      if (chunk !== undefined && !chunk.includes(LINE_FEED)) continue;
      this.#chunk = Buffer.concat(rest);
      this.#position = 0;
      if (chunk !== undefined) return this.next();
      this.#position = this.#chunk.length;
      return this.#position === 0 ? undefined : this.#chunk.toString('latin1');
    }
  }

  async #read(): Promise<Buffer | undefined> {
    try {
      return (await this.#chunks.next()).value;
    } catch (reason) {
      throw new UsageError(`Cannot read ${this.#file}: ${messageOf(reason)}`);
    }
  }
}

/** An error of either side comes out of what is returned. */
function unzip(file: string): Readable {
  return pipeline(createReadStream(file), createGunzip(), () => undefined);
}
