import { ConcurrencyGauge } from './concurrency-gauge.ts';
import { ensurePortable } from '../core/portable.ts';
import type { Host } from './host.ts';
import { Lanes } from './lanes.ts';
import { Overlaps } from './overlaps.ts';
import { ProcessHost } from './process-host.ts';
import type { Workers, WorkersOptions } from './worker-engine.ts';
import type { WorkerNews, WorkerReply } from './worker-protocol.ts';

/** Worker processes: what they report is counted and written down here. */
export class Processes implements Workers {
  readonly sharesMemory = false;
  readonly ensureSendable = (clone: unknown): void => {
    ensurePortable(clone, { sharedViews: true });
  };
  readonly gauge = new ConcurrencyGauge();
  readonly lanes: Lanes;
  /** No memory is shared in which a slice could be taken back. */
  readonly takesBehind = false;
  readonly #options: WorkersOptions;
  readonly #overlaps = new Overlaps();
  readonly #hosts = new Set<ProcessHost>();

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.lanes = new Lanes(options.poolSize);
  }

  start(onNews: (news: WorkerNews, host: Host) => void): Host {
    const host: ProcessHost = new ProcessHost({
      ...this.#options,
      gauge: this.gauge,
      lanes: this.lanes,
      overlaps: this.#overlaps,
      onNews: (news) => onNews(news, host),
    });
    this.#hosts.add(host);
    void host.ended.then(() => this.#hosts.delete(host));
    return host;
  }

  load(host: Host): Promise<WorkerReply> {
    return host.run({ setup: this.#options.setup });
  }

  cancel(lane: number): void {
    this.lanes.cancel(lane);
    for (const host of this.#hosts) host.cancel(lane);
  }

  recall(): boolean {
    return false;
  }

  abortAll(): void {
    for (const host of this.#hosts) host.abortAll();
  }
}
