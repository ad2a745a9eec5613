import { MemoryAuditTrail, type AuditRecord, type AuditTrail } from '../../src/index.ts';

export type RecordOf<Kind extends AuditRecord['kind']> = Extract<AuditRecord, { kind: Kind }>;

/** The records of one kind, in order. */
export function recordsOf<Kind extends AuditRecord['kind']>(
  trail: { readonly records: readonly AuditRecord[] },
  kind: Kind,
): RecordOf<Kind>[] {
  return trail.records.filter((record) => record.kind === kind) as RecordOf<Kind>[];
}

/** A trail that makes nothing durable until the test lets it: holds the appends that match. */
export class HeldTrail implements AuditTrail {
  readonly #holds: (record: AuditRecord) => boolean;
  readonly #memory = new MemoryAuditTrail();
  readonly #held: { readonly records: readonly AuditRecord[]; readonly release: () => void }[] = [];
  readonly #arrived: (() => void)[] = [];
  #holding = true;

  /** `holds` says at which records an append is held; default: all. */
  constructor(holds: (record: AuditRecord) => boolean = () => true) {
    this.#holds = holds;
  }

  /** What is durable. */
  get records(): readonly AuditRecord[] {
    return this.#memory.records;
  }

  /** What the held appends want to record. */
  get held(): readonly AuditRecord[] {
    return this.#held.flatMap(({ records }) => records);
  }

  async append(records: readonly AuditRecord[]): Promise<void> {
    if (this.#holding && records.some(this.#holds)) {
      const released = Promise.withResolvers<void>();
      this.#held.push({ records, release: released.resolve });
      for (const arrived of this.#arrived.splice(0)) arrived();
      await released.promise;
    }
    await this.#memory.append(records);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when an append that contains such a record is held. */
  async arrival(of: (record: AuditRecord) => boolean = () => true): Promise<void> {
    while (!this.held.some(of)) await new Promise<void>((resolve) => this.#arrived.push(resolve));
  }

  /** Lets the append go that has been held longest. */
  release(): void {
    this.#held.shift()?.release();
  }

  /** Holds nothing any more. */
  releaseAll(): void {
    this.#holding = false;
    for (const { release } of this.#held.splice(0)) release();
  }
}

/** A trail that can record no more from the first append on that matches. */
export class BrokenTrail extends MemoryAuditTrail {
  readonly #breaksAt: (record: AuditRecord) => boolean;
  readonly #reason: unknown;
  #broken = false;

  constructor(breaksAt: (record: AuditRecord) => boolean, reason: unknown = new Error('disk full')) {
    super();
    this.#breaksAt = breaksAt;
    this.#reason = reason;
  }

  override append(records: readonly AuditRecord[]): Promise<void> {
    this.#broken ||= records.some(this.#breaksAt);
    return this.#broken ? Promise.reject(this.#reason) : super.append(records);
  }
}
