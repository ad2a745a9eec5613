import type { ResourceLimits } from 'node:worker_threads';
import { exposeCallService } from './call-service.ts';
import { ConcurrencyGauge } from './concurrency-gauge.ts';
import type { CallRecorder } from './engine.ts';
import type { Host } from './host.ts';
import { KeptOutcomes } from './kept-outcomes.ts';
import { Lanes } from './lanes.ts';
import { ThreadHost } from './thread-host.ts';
import type { Workers } from './worker-engine.ts';
import type { SharedMemory, StrayError, WorkerReply, WorkerSetup } from './worker-protocol.ts';

export interface WorkerOptions {
  readonly setup: WorkerSetup;
  readonly poolSize: number;
  readonly threads: number;
  readonly recordCall: CallRecorder | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly workerData?: unknown;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: string[] | undefined;
}

/** Worker threads: they count themselves and write down in shared memory what they do. */
export class Threads implements Workers {
  readonly gauge = new ConcurrencyGauge();
  readonly lanes: Lanes;
  readonly originMs: number;
  readonly #options: WorkerOptions;
  readonly #kept: KeptOutcomes;
  readonly #destroying = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.originMs = options.setup.originMs;
    this.lanes = new Lanes(options.poolSize);
    this.#kept = new KeptOutcomes(options.poolSize);
  }

  start(onStray: (stray: StrayError, host: Host) => void): Host {
    const { poolSize, threads, recordCall } = this.#options;
    const host: Host = new ThreadHost({
      ...this.#options,
      concurrency: Math.ceil(poolSize / threads),
      kept: this.#kept,
      onMessage: (message) => {
        if (message.kind === 'stray') onStray(message, host);
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

  abortAll(): void {
    Atomics.store(this.#destroying, 0, 1);
    Atomics.notify(this.#destroying, 0);
  }
}
