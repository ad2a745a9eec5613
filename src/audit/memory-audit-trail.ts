import type { AuditRecord, AuditTrail } from './audit-trail.ts';

/** Keeps all records in memory: for tests and small runs. "Durable" means no more than "in the array". */
export class MemoryAuditTrail implements AuditTrail {
  readonly #records: AuditRecord[] = [];

  /** All records in the order in which they were appended. */
  get records(): readonly AuditRecord[] {
    return this.#records;
  }

  append(records: readonly AuditRecord[]): Promise<void> {
    // a copy: the caller may change what it is given once it is on record
    for (const record of records) this.#records.push(structuredClone(record));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
