import { exposeCallService } from './call-service.ts';
import { ConcurrencyGauge } from './concurrency-gauge.ts';
import type { Host } from './host.ts';
import { KeptOutcomes } from './kept-outcomes.ts';
import { Lanes } from './lanes.ts';
import { ThreadHost } from './thread-host.ts';
import type { Workers, WorkersOptions } from './worker-engine.ts';
import type { SharedMemory, WorkerNews, WorkerReply } from './worker-protocol.ts';

/** Worker threads: they count themselves and write down in shared memory what they do. */
export class Threads implements Workers {
  readonly sharesMemory = true;
  readonly gauge = new ConcurrencyGauge();
  readonly lanes: Lanes;
  /** Where a worker runs one slice at a time, it would have nothing to do until it is sent the next. */
  readonly takesBehind: boolean;
  readonly #options: WorkersOptions;
  readonly #kept: KeptOutcomes;
  readonly #destroying = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor(options: WorkersOptions) {
    this.#options = options;
    const { poolSize, threads } = options;
    this.takesBehind = poolSize <= threads;
    const lanes = this.takesBehind ? 2 * poolSize : poolSize;
    this.lanes = new Lanes(lanes);
    this.#kept = new KeptOutcomes(lanes);
  }

  start(onNews: (news: WorkerNews, host: Host) => void): Host {
    const { poolSize, threads, recordCall } = this.#options;
    const host: Host = new ThreadHost({
      ...this.#options,
      concurrency: Math.ceil(poolSize / threads),
      takesBehind: this.takesBehind,
      kept: this.#kept,
      onMessage: (message) => {
        if (message.kind !== 'calls') onNews(message, host);
        else if (recordCall !== undefined) exposeCallService({ record: recordCall }, message.port);
      },
    });
    return host;
  }

  load(host: Host): Promise<WorkerReply> {
    const memory: SharedMemory = {
      gauge: this.gauge.buffer,
      lanes: this.lanes.buffer,
      kept: this.#kept.buffer,
      destroying: this.#destroying.buffer,
    };
    return host.run({ setup: this.#options.setup, memory });
  }

  cancel(lane: number): void {
    this.lanes.cancel(lane);
  }

  recall(lane: number): boolean {
    return this.lanes.recall(lane);
  }

  abortAll(): void {
    Atomics.store(this.#destroying, 0, 1);
    Atomics.notify(this.#destroying, 0);
  }
}
