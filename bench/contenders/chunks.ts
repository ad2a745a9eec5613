/** The largest hand-made chunk. */
const CHUNK_ROWS = 256;

/** So that no thread is idle for long while another one has the last chunk. */
const CHUNKS_PER_THREAD = 8;

/** Cuts rows into equal chunks, as somebody would who knows how many rows there are: large, and enough for all threads. */
export function chunksOf<Row>(rows: readonly Row[], threads: number): Row[][] {
  const size = Math.min(CHUNK_ROWS, Math.ceil(rows.length / (CHUNKS_PER_THREAD * threads)));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, chunk) =>
    rows.slice(chunk * size, (chunk + 1) * size),
  );
}
