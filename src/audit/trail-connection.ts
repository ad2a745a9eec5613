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
    this.#worker = new Worker(WORKER_URL, isGivenText(process.execArgv) ? { execArgv: [] } : {});
    this.#service = wrap<TrailService>(nodeEndpoint(this.#worker));
    const lose = (reason: unknown) => {
      const message = `Cannot use audit trail ${options.path} as its thread has ended`;
      this.#lost.interrupt(new Error(message, { cause: reason }));
    };
    this.#worker.once('error', lose);
    this.#worker.once('exit', lose);
    this.#worker.once('messageerror', lose); // an answer that can't be read never comes
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

/**
 * Whether Node's flags say of what type code is that was given as text: no file can be started with that. Other flags a thread
 * takes over by itself, as far as threads may have them; given by name, `--max-old-space-size` and the like are refused.
 */
function isGivenText(flags: readonly string[]): boolean {
  return flags.some((flag) => flag.startsWith('--input-type'));
}
