import { Worker } from 'node:worker_threads';
import type { BenchRow } from '../rows.ts';
import { chunksOf } from './chunks.ts';
import type { Contender } from './contender.ts';

/** While a thread runs one chunk, the next one is on its way. */
const CHUNKS_AHEAD = 2;

/** The ceiling for chunks of 256 rows on worker threads: their message ports and nothing else. */
export const messagePortChunks: Contender = {
  name: 'message port, hand-made chunks',
  role: 'chunks',
  module: import.meta.url,
  open: async (threads) => {
    const workers = Array.from({ length: threads }, () => new ChunkWorker());
    return {
      run: async (rows, sink) => {
        for (const outputs of await runChunks(workers, chunksOf(rows, threads))) {
          for (const output of outputs) sink(output);
        }
      },
      close: async () => {
        await Promise.all(workers.map((worker) => worker.close()));
      },
    };
  },
};

async function runChunks(workers: readonly ChunkWorker[], chunks: BenchRow[][]): Promise<BenchRow[][]> {
  const results = new Array<BenchRow[]>(chunks.length);
  const queue = chunks.entries();
  const feed = async (worker: ChunkWorker) => {
    for (const [index, chunk] of queue) results[index] = await worker.run(chunk);
  };
  const feeders = workers.flatMap((worker) => Array.from({ length: CHUNKS_AHEAD }, () => feed(worker)));
  await Promise.all(feeders);
  return results;
}

/** A worker that answers chunks in the order in which it got them. */
class ChunkWorker {
  readonly #worker = new Worker(new URL('../workers/chunk-worker.ts', import.meta.url));
  readonly #waiting: PromiseWithResolvers<BenchRow[]>[] = [];

  constructor() {
    this.#worker.on('message', (outputs: BenchRow[]) => {
      this.#waiting.shift()?.resolve(outputs);
    });
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  run(chunk: readonly BenchRow[]): Promise<BenchRow[]> {
    const answer = Promise.withResolvers<BenchRow[]>();
    this.#waiting.push(answer);
    this.#worker.postMessage(chunk);
    return answer.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
