/** Each read of a file wakes another thread and waits for it, which can take as long as to deal with what it brings. */
export const BLOCK_BYTES = 512 * 1024;
/** Before each block there is room for the beginning of a line, so that it need not be copied to stand behind that. */
const MARGIN_BYTES = 16 * 1024;

/** Reads into a part of a buffer, from where the read before has ended; gives how many bytes, 0 at the end. */
export type ReadInto = (buffer: Buffer, offset: number, length: number) => Promise<number>;

/** Reads in order, in blocks that threads can read too: {@link joinedTo} is quick with them. */
export async function* readBlocks(read: ReadInto): AsyncGenerator<Buffer, void> {
  for (;;) {
    const memory = Buffer.from(new SharedArrayBuffer(MARGIN_BYTES + BLOCK_BYTES));
    const bytes = await read(memory, MARGIN_BYTES, BLOCK_BYTES);
    if (bytes === 0) return;
    yield memory.subarray(MARGIN_BYTES, MARGIN_BYTES + bytes);
  }
}

/** Pieces that came before, and a chunk, as one in shared memory; to be asked for once with each chunk. */
export function joinedTo(before: readonly Buffer[], chunk: Buffer): Buffer {
  const length = before.reduce((sum, piece) => sum + piece.length, 0);
  const { buffer, byteOffset } = chunk;
  const isInPlace = buffer instanceof SharedArrayBuffer && length <= byteOffset;
  const all = isInPlace
    ? Buffer.from(buffer, byteOffset - length, length + chunk.length)
    : Buffer.from(new SharedArrayBuffer(length + chunk.length));
  let at = 0;
  for (const piece of before) at += piece.copy(all, at);
  if (!isInPlace) chunk.copy(all, at);
  return all;
}
