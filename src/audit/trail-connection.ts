import { wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { Worker } from 'node:worker_threads';
import { Interruption } from '../core/interruption.ts';
import type { TrailService } from './trail-service.ts';

const WORKER_URL = new URL(
  // the build keeps the layout, so only the extension differs
  `../../workers/audit-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** The worker that has the file open. */
export class TrailConnection {
  readonly #worker: Worker;
  readonly #service: Remote<TrailService>;
  readonly #opened: Promise<void>;
  /** Comes when the worker has ended: there will be no more answers. */
  readonly #lost = new Interruption();
  #underWay = 0;

  constructor(options: Parameters<TrailService['open']>[0]) {
    this.#worker = new Worker(WORKER_URL, { execArgv: flagsForFiles(process.execArgv) });
    this.#service = wrap<TrailService>(nodeEndpoint(this.#worker));
    const lose = (reason: unknown) => {
      const message = `Cannot use audit trail ${options.path} as its thread has ended`;
      this.#lost.interrupt(new Error(message, { cause: reason }));
    };
    this.#worker.once('error', lose);
    this.#worker.once('exit', lose);
    this.#worker.unref();
    this.#opened = this.#whileAlive(() => this.#service.open(options));
    this.#opened.catch(() => undefined); // whoever uses it is told
  }

  async use<Result>(action: (service: Remote<TrailService>) => Promise<Result> | Result): Promise<Result> {
    await this.#opened;
    return this.#whileAlive(() => action(this.#service));
  }

  /** As of the service. */
  async close(): Promise<readonly string[]> {
    try {
      await this.#opened.catch(() => undefined);
      return await this.#whileAlive(() => this.#service.close());
    } finally {
      await this.#worker.terminate();
    }
  }

  /** The process stays alive while something is under way. */
  async #whileAlive<Result>(action: () => Promise<Result> | Result): Promise<Result> {
    if (this.#underWay++ === 0) this.#worker.ref();
    try {
      return await this.#lost.race(Promise.resolve(action()));
    } finally {
      if (--this.#underWay === 0) this.#worker.unref();
    }
  }
}

/** Node's flags without the one that a file can't be started with: what type the code is that was given to Node as text. */
function flagsForFiles(flags: readonly string[]): string[] {
  const flag = '--input-type';
  return flags.filter((each, index) => !each.startsWith(flag) && flags[index - 1] !== flag);
}
