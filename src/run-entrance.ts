import { inspect } from 'node:util';
import type { AuditTrail, BatchDescription, BatchRecord } from './audit/audit-trail.ts';
import type { RowIdentity } from './batch.ts';
import { Continuation, type ContinuationParts } from './continuation.ts';
import type { BatchOptions } from './options.ts';
import { RunRegistry } from './run-registry.ts';
import { occupyRun } from './runs-under-way.ts';

/** A batch that may begin: in a run of its own, in a new one, or in one that it continues. */
export interface Entered {
  readonly about: Omit<BatchRecord, 'kind'>;
  /** Undefined when nothing is on record of the run. */
  readonly continuation: Continuation | undefined;
}

/** The way of batches into the runs of the trail. */
export class RunEntrance {
  readonly #audit: AuditTrail | undefined;
  readonly #about: () => BatchDescription;
  readonly #registry: RunRegistry;

  /** @param about what a batch that begins now says of itself on record */
  constructor(audit: AuditTrail | undefined, about: () => BatchDescription) {
    this.#audit = audit;
    this.#about = () => audit?.describe?.(about()) ?? about();
    this.#registry = new RunRegistry(async (runId) => audit?.history?.(runId));
  }

  /** What is put on record of a batch that continues nothing; undefined when there is no record. */
  get about(): BatchDescription | undefined {
    return this.#audit && this.#about();
  }

  /**
   * Notes that a batch is at its run, until what is returned is called.
   *
   * @throws Error when a batch of another executor in this process is at it
   */
  occupy(action: string, { runId }: BatchOptions): () => void {
    if (this.#audit === undefined || runId === undefined) return () => undefined;
    return occupyRun(this.#audit, runId, { owner: this, action });
  }

  /** Whether something may be on record of the batch's run. */
  mayContinue({ runId }: BatchOptions): boolean {
    return runId !== undefined && this.#audit?.history !== undefined;
  }

  /**
   * Lets a batch into its run, as the continuation of what is on record there. It has not entered when this rejects.
   *
   * @param pull gives the rows of the batch, in order
   * @param begin called as soon as the batch may begin, before another one can enter the run
   */
  async enter<Result>(
    { runId = '', allowDrift = false, retryFailed = false }: BatchOptions,
    pull: ContinuationParts['pull'],
    begin: (entered: Entered) => Promise<Result> | Result,
  ): Promise<Result> {
    return this.#registry.enter(runId, async (history) => {
      const current = this.#about();
      if (history === undefined) return begin({ about: current, continuation: undefined });
      const continuation = await Continuation.begin({ history, current, allowDrift, retryFailed, pull });
      const continues = { drift: continuation.drift, retryFailed };
      return begin({ about: { ...current, continues }, continuation });
    });
  }

  /**
   * Takes the identities of rows, which no later batch of the run may use again; without a trail nobody looks at runs.
   *
   * @throws TypeError when one of them is taken
   */
  claim(runId: string | undefined, rows: Iterable<RowIdentity>): void {
    if (this.#audit !== undefined && runId !== undefined) this.#registry.claim(runId, rows);
  }

  /** The same for rows that are called by their index, one after another. */
  claimGenerated(runId: string | undefined, first: number, count: number): void {
    if (this.#audit !== undefined && runId !== undefined) this.#registry.claimGenerated(runId, first, count);
  }

  /** @throws TypeError when the options are for continuing a run and there can be none */
  checkOptions(action: string, options: BatchOptions): void {
    for (const name of ['allowDrift', 'retryFailed'] as const) {
      if (options[name] !== true || this.mayContinue(options)) continue;
      const needs = "needs 'runId' and an audit trail that can continue runs";
      throw new TypeError(`Cannot ${action} as '${name}' ${needs}: received ${inspect(options.runId)}`);
    }
  }
}
