import { writeSync } from 'node:fs';
import { fromBytes, toBytes } from './value-bytes.ts';

/** Every frame begins with the length of what follows. */
const LENGTH_BYTES = 4;

/**
 * Writes a value to a pipe before it returns, so that it has left the process whatever happens next. The pipe must
 * block: those that a parent process opens for its child do.
 *
 * @throws DataCloneError for what can't be serialized.
 */
export function writeFrame(fd: number, value: unknown): void {
  const payload = toBytes(value);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + payload.length);
  frame.writeUInt32LE(payload.length);
  payload.copy(frame, LENGTH_BYTES);
  for (let written = 0; written < frame.length;) written += writeSync(fd, frame, written);
}

/** Puts together the values that {@link writeFrame} wrote from the chunks in which they arrive. */
export class FrameReader {
  readonly #onValue: (value: unknown) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes without which it is no use to look. */
  #needed = LENGTH_BYTES;

  constructor(onValue: (value: unknown) => void) {
    this.#onValue = onValue;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      this.#needed = LENGTH_BYTES + (rest.length < LENGTH_BYTES ? 0 : rest.readUInt32LE());
      if (rest.length < LENGTH_BYTES || rest.length < this.#needed) break;
      const frame = rest.subarray(LENGTH_BYTES, this.#needed);
      rest = rest.subarray(this.#needed);
      this.#onValue(fromBytes(frame));
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
  }
}
