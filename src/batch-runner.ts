import type { RowContext } from './batch.ts';
import type { Continuation, ContinuedRow } from './continuation.ts';
import type { Clock } from './core/clock.ts';
import type { Entry } from './core/entry.ts';
import { Snapshots, type Snapshot } from './core/snapshot.ts';
import type { BatchStats } from './core/stats.ts';
import type { Intake, IntakeOptions } from './intake.ts';
import type { Entered, RunEntrance } from './run-entrance.ts';
import type { Works } from './works.ts';

export interface BatchRunnerParts {
  readonly clock: Clock;
  readonly intake: Intake;
  readonly works: Works;
  readonly entrance: RunEntrance;
  /** Throws when the executor can't take any more batches. */
  readonly refuseUnlessUsable: (action: string) => void;
}

/** Rows of a batch that are admitted in one go: their snapshots are taken at once, all else can wait for the workers. */
const ADMISSION_GROUP = 2_048;

/** A batch that was handed over and may begin. */
interface Submission {
  readonly contexts: Iterable<RowContext<unknown>>;
  readonly snapshots: readonly Snapshot[];
  readonly about: Entered['about'];
  /** The rows that were submitted before, in order; new ones follow. */
  readonly continued: readonly ContinuedRow[];
  /** How many of the contexts those were. */
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
   * @param deliver takes the entries that are next in order
   */
  async run(
    contexts: Iterable<RowContext<unknown>>,
    options: IntakeOptions,
    action: string,
    deliver: (entries: readonly Entry<unknown>[]) => void,
  ): Promise<BatchStats> {
    const { entrance, intake, refuseUnlessUsable } = this.#parts;
    refuseUnlessUsable(action);
    entrance.checkOptions(action, options);
    if (entrance.mayContinue(options)) {
      const snapshots = snapshotsOf(contexts, new Snapshots(false)); // by themselves: a part of them may run
      const submission = await this.#enter({ contexts, snapshots }, options);
      refuseUnlessUsable(action); // it may have been shut down meanwhile
      return this.#run(submission, options, deliver);
    }
    entrance.claim(options.runId, contexts);
    const { about } = entrance;
    const snapshots = snapshotsOf(contexts, intake.newSnapshots());
    return this.#run({ contexts, snapshots, about, continued: [], known: 0 }, options, deliver);
  }

  /** Finds out what is on record of the batch's run. */
  #enter(
    { contexts, snapshots }: Pick<Submission, 'contexts' | 'snapshots'>,
    options: IntakeOptions,
  ): Promise<Submission> {
    const { entrance } = this.#parts;
    const iterator = contexts[Symbol.iterator]();
    let next = 0;
    const pull = () => {
      const step = iterator.next();
      if (step.done === true) return undefined;
      const { stateId, rowIndex } = step.value;
      return { stateId, rowIndex, snapshot: snapshots[next++] };
    };
    return entrance.enter(options, pull, async ({ about, continuation }) => {
      const continued = await rowsOf(continuation);
      entrance.claim(options.runId, contexts);
      return { contexts, snapshots, about, continued, known: continuation?.pulled ?? 0 };
    });
  }

  async #run(
    submission: Submission,
    options: IntakeOptions,
    deliver: (entries: readonly Entry<unknown>[]) => void,
  ): Promise<BatchStats> {
    const { contexts, snapshots, about, continued, known } = submission;
    const { intake, works } = this.#parts;
    const open = intake.open(options, deliver);
    const { batch } = open;
    open.recordStart(about);
    const pending = () => snapshots.length - batch.delivered;
    const end = works.begin({ batch, pending, stopSource: () => undefined }, options.signal);
    try {
      for (const row of continued) open.readmit(row);
      let admitted = 0;
      for (const context of contexts) {
        if (admitted >= known) open.admitSnapshot(context, snapshots[admitted]);
        if (++admitted % ADMISSION_GROUP === 0) await this.#turn();
      }
      open.close();
      await batch.settled;
      const stats = open.stats();
      await open.recordEnd(stats);
      return stats;
    } finally {
      end();
      open.release();
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

function snapshotsOf(contexts: Iterable<RowContext<unknown>>, snapshots: Snapshots): readonly Snapshot[] {
  return Array.from(contexts, ({ row }, position) => snapshots.take(row, position));
}
