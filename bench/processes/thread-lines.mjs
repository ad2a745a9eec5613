/**
 * The least that worker threads can do with lines: NDJSON from stdin, whole chunks in shared memory to as many threads as
 * are named, results back there, to stdout in order. No row can fail, be retried or be known by itself.
 */
import { readSync, writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import transform from '../workers/noop-transform.mjs';

const CHUNK_BYTES = 2 ** 18;
const LANE_BYTES = 2 ** 20;
const LANES_PER_THREAD = 2;
const LINE_BREAK = 10;

/**
 * Memory for one chunk and its results.
 *
 * @typedef {{ readonly input: SharedArrayBuffer, readonly output: SharedArrayBuffer }} Lane
 */

/**
 * Lines that are to be done, or results that are, in the memory of a lane.
 *
 * @typedef {{ readonly lane: number, readonly bytes: number, readonly order: number }} Chunk
 */

class Threads {
  /** @type {readonly Lane[]} */
  #lanes;
  /** @type {readonly Worker[]} */
  #threads;
  /**
   * Results by the order of their chunks.
   *
   * @type {Map<number, Chunk & { readonly thread: Worker }>}
   */
  #done = new Map();
  #rest = Buffer.alloc(0);
  #sent = 0;
  #written = 0;
  #ended = false;

  /** @param {number} threads */
  constructor(threads) {
    this.#lanes = Array.from({ length: LANES_PER_THREAD * threads }, () => ({
      input: new SharedArrayBuffer(LANE_BYTES),
      output: new SharedArrayBuffer(LANE_BYTES),
    }));
    this.#threads = Array.from(
      { length: threads },
      () => new Worker(new URL(import.meta.url), { workerData: this.#lanes }),
    );
    for (const [index, thread] of this.#threads.entries()) {
      thread.on('message', (/** @type {Chunk} */ chunk) => {
        this.#done.set(chunk.order, { ...chunk, thread });
        this.#writeInOrder();
      });
      for (let lane = 0; lane < LANES_PER_THREAD; lane++) this.#send(thread, LANES_PER_THREAD * index + lane);
    }
  }

  #writeInOrder() {
    for (let next = this.#done.get(this.#written); next; next = this.#done.get(this.#written)) {
      this.#done.delete(this.#written++);
      const { lane, bytes, thread } = next;
      const output = Buffer.from(this.#lanes[lane].output, 0, bytes);
      for (let at = 0; at < bytes;) at += writeSync(1, output, at);
      this.#send(thread, lane);
    }
    if (this.#ended && this.#written === this.#sent)
      for (const thread of this.#threads) void thread.terminate();
  }

  /**
   * Fills the lane with the next chunk.
   *
   * @param {Worker} thread
   * @param {number} lane
   */
  #send(thread, lane) {
    if (this.#ended) return;
    const memory = Buffer.from(this.#lanes[lane].input);
    this.#rest.copy(memory);
    const read = readSync(0, memory, this.#rest.length, CHUNK_BYTES, null);
    const filled = this.#rest.length + read;
    this.#ended = read === 0;
    const bytes = this.#ended ? filled : memory.lastIndexOf(LINE_BREAK, filled - 1) + 1;
    this.#rest = Buffer.from(memory.subarray(bytes, filled));
    if (bytes > 0) thread.postMessage({ lane, bytes, order: this.#sent++ });
  }
}

/** @param {readonly Lane[]} lanes */
function runThread(lanes) {
  const views = lanes.map(({ input, output }) => ({
    input: Buffer.from(input),
    output: Buffer.from(output),
  }));
  parentPort?.on('message', (/** @type {Chunk} */ { lane, bytes, order }) => {
    const { input, output } = views[lane];
    const text = input.toString('utf8', 0, bytes);
    let at = 0;
    for (let start = 0; start < text.length;) {
      const found = text.indexOf('\n', start);
      const end = found === -1 ? text.length : found;
      const row = JSON.parse(text.slice(start, end));
      at += output.write(`${JSON.stringify(transform(row))}\n`, at);
      start = end + 1;
    }
    parentPort?.postMessage({ lane, bytes: at, order });
  });
}

if (isMainThread) new Threads(Number(process.argv[2]));
else runThread(workerData);
