import type { Ending, RowIdentity } from './batch.ts';
import type { SubmittedRow } from './continuation.ts';
import { ContinuedSource, Readmission } from './continued-source.ts';
import type { Clock } from './core/clock.ts';
import type { BatchStats } from './core/stats.ts';
import type { Dispatcher } from './dispatcher.ts';
import { WindowedStream, type EntryStream } from './entry-stream.ts';
import type { Intake, OpenBatch } from './intake.ts';
import type { StreamOptions } from './options.ts';
import { generatedIdentity } from './row-identities.ts';
import { openSource, type RowIterable, type RowSource } from './row-source.ts';
import type { RunEntrance } from './run-entrance.ts';
import { UnreadStream } from './unread-stream.ts';
import type { Works } from './works.ts';

export interface StreamRunnerParts {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly intake: Intake;
  readonly works: Works;
  readonly entrance: RunEntrance;
  /** Rows admitted and not yet taken, when the caller has not said; at this moment. */
  readonly defaultWindow: () => number;
  /** False when the executor was shut down, so that no stream can begin; throws when it can't for another reason. */
  readonly isUsable: () => boolean;
}

const ACTION = 'start stream';

const STOPPED: Ending = {
  code: 'aborted',
  message: 'Consumer of the stream stopped before the row had finished',
};

/** Runs rows as they are pulled from a source. */
export class StreamRunner {
  readonly #parts: StreamRunnerParts;

  constructor(parts: StreamRunnerParts) {
    this.#parts = parts;
  }

  /** Nothing is known of the stream, but to its consumer, before that asks for the first entry. */
  open(rows: RowIterable<unknown>, options: StreamOptions): EntryStream<unknown> {
    const { intake, entrance, isUsable } = this.#parts;
    entrance.checkOptions(ACTION, options);
    const input = openSource(rows); // first: it may refuse them
    entrance.occupy(ACTION, options)(); // only to see whether it can
    const chosen = { ...options }; // the caller may change its own meanwhile
    return new UnreadStream({
      begin: () => (isUsable() ? this.#begin(input, chosen) : undefined),
      close: () => input.close(),
      stats: () => intake.noStats(),
    });
  }

  #begin(input: RowSource<unknown>, options: StreamOptions): WindowedStream {
    const { clock, dispatcher, intake, works, entrance, defaultWindow } = this.#parts;
    const leave = entrance.occupy(ACTION, options);
    const open = intake.open(
      { ...options, generatedIds: true },
      {
        kind: 'entries',
        deliver: (runs) => {
          stream.deliver(runs);
        },
      },
    );
    const { batch } = open;
    let nextIndex = 0;
    let finalStats: BatchStats | undefined;
    const identify = () => generatedIdentity(nextIndex++);
    const caughtUp = (): Promise<void> => stream.caughtUp();
    const stream: WindowedStream = new WindowedStream({
      batch,
      clock,
      source: this.#sourceOf({ input, open, options, identify, caughtUp }),
      window: () => options.window ?? defaultWindow(),
      admit: (row) => {
        if (row instanceof Readmission) {
          entrance.claim(options.runId, [row.identity]);
          open.readmit(row.row);
        } else {
          entrance.claimGenerated(options.runId, nextIndex++, 1);
          open.admit(row);
        }
      },
      admitTexts: (rows) => {
        entrance.claimGenerated(options.runId, nextIndex, rows.size);
        nextIndex += rows.size;
        open.admitTexts(rows);
      },
      close: () => {
        open.close();
      },
      abandon: () => {
        batch.discard();
        dispatcher.end(batch, STOPPED);
      },
      stats: () => finalStats ?? open.stats(),
    });
    const stopSource = () => void stream.endSource();
    const end = works.begin({ batch, pending: () => stream.pending, stopSource }, options.signal);
    void stream.finished
      .then(() => {
        finalStats = open.stats();
        open.release();
        leave();
        return open.recordEnd(finalStats, stream.ranToEnd);
      })
      .catch(() => undefined) // every entry is on record already
      .then(end);
    return stream;
  }

  /** The source as it is, or behind what is on record of its run. */
  #sourceOf(parts: StreamSourceParts): RowSource<unknown> {
    const { entrance } = this.#parts;
    const { input, open, options, identify, caughtUp } = parts;
    if (!entrance.mayContinue(options)) {
      open.recordStart(entrance.about);
      return input;
    }
    const snapshots = this.#parts.intake.newSnapshots();
    const pull = async (): Promise<SubmittedRow | undefined> => {
      const step = await input.next();
      if (step.done === true) return undefined;
      const name = identify();
      return { ...name, snapshot: snapshots.take(step.value, name.rowIndex) };
    };
    const begin = () =>
      entrance.enter(options, pull, ({ about, continuation }) => {
        if (open.batch.open) open.recordStart(about); // else the consumer, or the executor, has stopped meanwhile
        return continuation;
      });
    return new ContinuedSource({ source: input, begin, caughtUp });
  }
}

interface StreamSourceParts {
  readonly input: RowSource<unknown>;
  readonly open: OpenBatch;
  readonly options: StreamOptions;
  /** Names the next row. */
  readonly identify: () => RowIdentity;
  readonly caughtUp: () => Promise<void>;
}
