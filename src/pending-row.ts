import type { Encoded } from './core/codec.ts';
import { generatedStateId } from './core/generated-id.ts';
import { Moved } from './core/moved.ts';
import { encodedOf, type Snapshot } from './core/snapshot.ts';
import type { RowError } from './core/row-error.ts';
import type { QueuedRow } from './core/row-queue.ts';
import type { TransformResult } from './core/transform-result.ts';
import type { SliceRow } from './engine/engine.ts';

/** What a row is called by its caller. */
export interface RowName {
  readonly stateId: string;
  readonly rowIndex: number;
}

/** A row as it came in. */
export interface AdmittedRow {
  /** Position among all rows ever admitted to the executor. */
  readonly sequence: number;
  readonly submitIndex: number;
  /** In ms on the monotonic clock. */
  readonly submittedAt: number;
  readonly snapshot: Snapshot;
  /** Absent when the row is called by its place in the batch. */
  readonly name: RowName | undefined;
}

/**
 * A row from its admission until it is given out: what the queue and the engine need to know of it. Most rows need none
 * of this; see RowRun.
 */
export class PendingRow<Batch> implements QueuedRow<Batch>, SliceRow {
  readonly batch: Batch;
  readonly sequence: number;
  readonly submitIndex: number;
  readonly rowIndex: number;
  /** Monotonic ms, like every instant here. */
  readonly submittedAt: number;
  /** Number of the attempt that runs or ran last; 0 before the first. */
  attempt = 0;
  /** Its result, and when and as which of the batch it got it; whatever comes later is ignored. */
  result: TransformResult<unknown> | undefined;
  completedAt = 0;
  completeIndex = 0;
  /** What every attempt receives and the trail records. */
  readonly snapshot: Snapshot;
  /** What earlier attempts left behind; most rows have only one. */
  #history: RowHistory | undefined;
  /** Made when first asked for, where the row's place tells it. */
  #stateId: string | undefined;

  constructor(batch: Batch, { sequence, submitIndex, submittedAt, snapshot, name }: AdmittedRow) {
    this.batch = batch;
    this.sequence = sequence;
    this.submitIndex = submitIndex;
    this.submittedAt = submittedAt;
    this.#stateId = name?.stateId;
    this.rowIndex = name?.rowIndex ?? submitIndex;
    this.snapshot = snapshot;
  }

  get stateId(): string {
    return (this.#stateId ??= generatedStateId(this.rowIndex));
  }

  /** Where the snapshot is in its group. */
  get position(): number {
    return this.submitIndex;
  }

  /** The snapshot by itself. */
  get encoded(): Encoded {
    return encodedOf(this);
  }

  /** Made when first asked for. */
  get history(): RowHistory {
    return (this.#history ??= new RowHistory());
  }

  get refusals(): number {
    return this.#history?.refusals ?? 0;
  }

  get nextCallIndex(): number {
    return this.#history?.nextCallIndex ?? 0;
  }

  get readyAt(): number {
    return this.#history?.readyAt ?? -Infinity;
  }

  get deadlineAt(): number {
    return this.#history?.deadlineAt ?? Infinity;
  }

  /** Why the last attempt was refused, as long as no further one has started. */
  get lastRefusal(): RowError | undefined {
    return this.#history?.lastRefusal;
  }

  /**
   * Whether nothing else may run on its worker meanwhile: an earlier attempt ended its worker, or may have, so that it could
   * harm another row; or it would be lost with the worker, so that another row could harm it.
   */
  get runsAlone(): boolean {
    if (this.snapshot instanceof Moved) return true;
    return this.#history !== undefined && this.#history.crashes + this.#history.suspicions > 0;
  }

  /** Whether there is something to run: what was handed on may not have come back. */
  get isHere(): boolean {
    return !(this.snapshot instanceof Moved) || this.snapshot.isHere;
  }

  /** Notes that external calls up to, not including, this index were made. */
  noteCalls(nextCallIndex: number): void {
    if (nextCallIndex > this.nextCallIndex) this.history.nextCallIndex = nextCallIndex;
  }
}

class RowHistory {
  refusals = 0;
  /** Attempts that ended their worker. */
  crashes = 0;
  /** Attempts that may have ended their worker, as others that ran there may. */
  suspicions = 0;
  /** Attempts whose worker was lost, whoever did it. */
  losses = 0;
  nextCallIndex = 0;
  /** When the first attempt began: the retry budget runs from here. */
  firstStartedAt: number | undefined;
  readyAt = -Infinity;
  deadlineAt = Infinity;
  lastRefusal: RowError | undefined;
}
