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

  /**
   * The next line; undefined after the last.
   *
   * @throws DamagedFileError when what was compressed ends too soon, or is something else from here on
   * @throws UsageError when the file can't be read
   */
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
      const message = messageOf(reason);
      throw isOfZlib(reason)
        ? new DamagedFileError(message)
        : new UsageError(`Cannot read ${this.#file}: ${message}`);
    }
  }
}

/** The content of a file is not what its name says: it was cut off, for one. */
export class DamagedFileError extends Error {}

function isOfZlib(reason: unknown): boolean {
  const { code } = reason as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('Z_');
}

/** An error of either side comes out of what is returned, to whoever reads on; until then nobody is there to hear of it. */
function unzip(file: string): Readable {
  const plain = pipeline(createReadStream(file), createGunzip(), () => undefined);
  return plain.on('error', () => undefined);
}
