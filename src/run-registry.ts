import { inspect } from 'node:util';
import type { RunHistory } from './audit/audit-trail.ts';
import type { RowIdentity } from './batch.ts';
import { generatedIdentity, Identities } from './row-identities.ts';

/** The named runs that batches of this executor belong to: what each finds on record, and which identities are taken. */
export class RunRegistry {
  readonly #historyOf: (runId: string) => Promise<RunHistory | undefined>;
  readonly #identities = new Map<string, Identities>();
  /** Runs that a batch of this executor is in, or is about to enter. */
  readonly #entered = new Map<string, Promise<void>>();

  /** @param historyOf gives what was on record of a run before this executor had a batch in it */
  constructor(historyOf: (runId: string) => Promise<RunHistory | undefined>) {
    this.#historyOf = historyOf;
  }

  /**
   * Lets a batch into a run. The first one is given what is on record of the run, so that it continues it; others wait
   * until that has happened. A batch whose `begin` throws has not entered.
   */
  async enter<Result>(
    runId: string,
    begin: (history: RunHistory | undefined) => Promise<Result>,
  ): Promise<Result> {
    for (
      let entering = this.#entered.get(runId);
      entering !== undefined;
      entering = this.#entered.get(runId)
    ) {
      const failed = await entering.then(
        () => false,
        () => true,
      );
      if (!failed) return begin(undefined);
    }
    const begun = this.#historyOf(runId).then(begin);
    const entering = begun.then(() => undefined);
    entering.catch(() => undefined); // nobody may be waiting
    this.#entered.set(runId, entering);
    try {
      return await begun;
    } catch (reason) {
      this.#entered.delete(runId);
      throw reason;
    }
  }

  /** The same as {@link claim} for rows that are called by their index, one after another. */
  claimGenerated(runId: string, first: number, count: number): void {
    if (this.#identities.get(runId)?.addNext(first, count) === true) return;
    this.claim(
      runId,
      Array.from({ length: count }, (_, index) => generatedIdentity(first + index)),
    );
  }

  /** Takes the identities of these rows, or none of them. */
  claim(runId: string, rows: Iterable<RowIdentity>): void {
    const identities = this.#identities.get(runId) ?? new Identities();
    const where = () =>
      `run ${inspect(runId)}, whose batches must share no rows: batches of one executor with the same runId are ` +
      'parts of one run; to continue the run or to retry its failed rows, use a new executor';
    identities.refuseKnown(rows, where);
    for (const row of rows) identities.add(row, where);
    this.#identities.set(runId, identities);
  }
}
