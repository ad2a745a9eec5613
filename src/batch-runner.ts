import type { RowIdentity } from './batch.ts';
import type { Continuation, ContinuedRow } from './continuation.ts';
import type { Clock } from './core/clock.ts';
import { generatedStateId } from './core/generated-id.ts';
import type { Snapshot, Snapshots } from './core/snapshot.ts';
import type { BatchStats } from './core/stats.ts';
import type { Outlet } from './delivery.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Intake, IntakeOptions, OpenBatch } from './intake.ts';
import type { Entered, RunEntrance } from './run-entrance.ts';
import type { Works } from './works.ts';

export interface BatchRunnerParts {
  readonly clock: Clock;
  readonly intake: Intake;
  readonly dispatcher: Pick<Dispatcher, 'expectRows'>;
  readonly works: Works;
  readonly entrance: RunEntrance;
  /** How many rows keep all workers busy. */
  readonly rowsAhead: () => number;
  /** Throws when the executor can't take any more batches. */
  readonly refuseUnlessUsable: (action: string) => void;
}

/** The rows of a batch, in order. */
export interface BatchRows {
  readonly rows: readonly unknown[];
  /** What they are called; undefined when they are called by their position. */
  readonly identities: readonly RowIdentity[] | undefined;
}

/** Rows of a batch that are admitted in one go: their snapshots are taken at once, all else can wait for the workers. */
const ADMISSION_GROUP = 2_048;

/** A batch that was handed over and may begin. */
interface Submission extends BatchRows {
  readonly snapshots: readonly Snapshot[];
  readonly submittedAt: number;
  readonly about: Entered['about'] | undefined;
  /** The rows that were submitted before, in order; new ones follow. */
  readonly continued: readonly ContinuedRow[];
  /** How many of the rows those were. */
  readonly known: number;
}

/** Runs batches whose rows are all there. */
export class BatchRunner {
  readonly #parts: BatchRunnerParts;

  constructor(parts: BatchRunnerParts) {
    this.#parts = parts;
  }

  /**
   * Resolves, with the batch's counters, when each row has its entry.
   *
   * @param outlet takes what is next in order
   */
  async run(
    batchRows: BatchRows,
    options: IntakeOptions,
    action: string,
    outlet: Outlet,
  ): Promise<BatchStats> {
    const { entrance, refuseUnlessUsable } = this.#parts;
    refuseUnlessUsable(action);
    entrance.checkOptions(action, options);
    const leave = entrance.occupy(action, options);
    try {
      return await this.#submit(batchRows, options, action, outlet);
    } finally {
      leave();
    }
  }

  async #submit(
    batchRows: BatchRows,
    options: IntakeOptions,
    action: string,
    outlet: Outlet,
  ): Promise<BatchStats> {
    const { entrance, intake, dispatcher, clock, refuseUnlessUsable } = this.#parts;
    const submittedAt = clock.now();
    if (entrance.mayContinue(options)) {
      const snapshots = snapshotsOf(batchRows, intake.newSnapshots()); // by themselves: a part of them may run
      const submission = await this.#enter({ ...batchRows, submittedAt, snapshots }, options);
      refuseUnlessUsable(action); // it may have been shut down meanwhile
      return this.#run(submission, options, outlet);
    }
    entrance.claim(options.runId, identitiesOf(batchRows));
    const { about } = entrance;
    const { length } = batchRows.rows;
    if (length > 0 && options.signal?.aborted !== true) dispatcher.expectRows(length);
    const snapshots = snapshotsOf(batchRows, intake.newSnapshots());
    refuseUnlessUsable(action); // a getter of a row may have shut it down
    return this.#run(
      { ...batchRows, submittedAt, snapshots, about, continued: [], known: 0 },
      options,
      outlet,
    );
  }

  /** Finds out what is on record of the batch's run. */
  #enter(
    submitted: Omit<Submission, 'about' | 'continued' | 'known'>,
    options: IntakeOptions,
  ): Promise<Submission> {
    const { entrance } = this.#parts;
    let next = 0;
    const pull = () => {
      const snapshot = submitted.snapshots[next];
      return next < submitted.rows.length ? { ...identityOf(submitted, next++), snapshot } : undefined;
    };
    return entrance.enter(options, pull, async ({ about, continuation }) => {
      const continued = await rowsOf(continuation);
      entrance.claim(options.runId, identitiesOf(submitted));
      return { ...submitted, about, continued, known: continuation?.pulled ?? 0 };
    });
  }

  async #run(submission: Submission, options: IntakeOptions, outlet: Outlet): Promise<BatchStats> {
    const { intake, works } = this.#parts;
    const { snapshots } = submission;
    const open = intake.open(options, outlet);
    const { batch } = open;
    open.recordStart(submission.about);
    const pending = () => snapshots.length - batch.delivered;
    const end = works.begin({ batch, pending, stopSource: () => undefined }, options.signal);
    try {
      for (const row of submission.continued) open.readmit(row);
      await this.#admit(submission, open);
      open.close();
      await batch.settled;
      const stats = open.stats();
      await open.recordEnd(stats, true);
      return stats;
    } finally {
      end();
      open.release();
    }
  }

  /** Admits the new rows little by little: what the workers can't begin with yet need not lie in the queue. */
  async #admit({ identities, snapshots, submittedAt, known }: Submission, open: OpenBatch): Promise<void> {
    for (let from = known; from < snapshots.length; from += ADMISSION_GROUP) {
      if (from > known) {
        await this.#turn();
        await open.batch.whenFewerAre(ADMISSION_GROUP + this.#parts.rowsAhead());
      }
      const to = Math.min(from + ADMISSION_GROUP, snapshots.length);
      open.admitGroup({ from, to, snapshots, names: identities, submittedAt });
    }
  }

  /** Lets what has come back meanwhile be dealt with. */
  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.defer(resolve);
    });
  }
}

async function rowsOf(continuation: Continuation | undefined): Promise<readonly ContinuedRow[]> {
  const rows: ContinuedRow[] = [];
  if (continuation !== undefined) for await (const row of continuation.rows()) rows.push(row);
  return rows;
}

function snapshotsOf({ rows }: BatchRows, snapshots: Snapshots): readonly Snapshot[] {
  return rows.map((row, position) => snapshots.take(row, position));
}

function identityOf({ identities }: BatchRows, index: number): RowIdentity {
  return identities?.[index] ?? { stateId: generatedStateId(index), rowIndex: index };
}

/** Can be gone through more than once. */
function identitiesOf(batchRows: BatchRows): Iterable<RowIdentity> {
  return {
    *[Symbol.iterator]() {
      for (const index of batchRows.rows.keys()) yield identityOf(batchRows, index);
    },
  };
}
