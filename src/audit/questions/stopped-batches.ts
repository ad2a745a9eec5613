import type { AuditRecord } from '../audit-trail.ts';

/** Tells from the records of a run, given in their order, whether it was stopped before the end of its input. */
export class StoppedBatches {
  readonly #ids = new Set<string>();

  /** Whether one was, and no later batch has continued the run. */
  get any(): boolean {
    return this.#ids.size > 0;
  }

  add(record: AuditRecord): void {
    if (record.kind === 'batch' && record.continues !== undefined) this.#ids.clear();
    if (record.kind === 'batch-end' && record.sourceEnded === false) this.#ids.add(record.batchId);
  }
}
