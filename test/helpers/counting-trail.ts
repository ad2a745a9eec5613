import { MemoryAuditTrail, type AuditRecord } from '../../src/index.ts';

/** Tells when so many external calls have been answered. */
export class CountingTrail extends MemoryAuditTrail {
  readonly #reached = Promise.withResolvers<void>();
  #left: number;

  constructor(calls: number) {
    super();
    this.#left = calls;
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  override append(records: readonly AuditRecord[]): Promise<void> {
    this.#left -= records.filter((record) => record.kind === 'call' && record.phase === 'response').length;
    if (this.#left <= 0) this.#reached.resolve();
    return super.append(records);
  }
}
