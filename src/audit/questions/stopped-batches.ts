import type { AuditRecord } from '../audit-trail.ts';

/** Tells from the records of a run, given in their order, whether it was stopped before all of its input was done. */
export class StoppedBatches {
  readonly #stopped = new Set<string>();
  /** Those that have not ended. */
  readonly #open = new Set<string>();

  add(record: AuditRecord): void {
    const { batchId } = record;
    if (record.kind === 'batch') {
      if (record.continues !== undefined) {
        this.#stopped.clear();
        this.#open.clear();
      }
      this.#open.add(batchId);
    } else if (record.kind === 'batch-end') {
      this.#open.delete(batchId);
      if (record.sourceEnded === false) this.#stopped.add(batchId);
    }
  }

  /**
   * Whether a batch was stopped, and no later one has continued the run.
   *
   * @param unfinishedRows how many rows have no result that ends them
   */
  wasStopped(unfinishedRows: number): boolean {
    return this.#stopped.size > 0 || (this.#open.size === 0 && unfinishedRows > 0);
  }
}
