import { createHash } from 'node:crypto';
import {
  openEvents,
  identifyTransform,
  SqliteAuditTrail,
  type BatchDescription,
  type RunHistory,
  type SqliteAuditTrailOptions,
  type RedactedGroup,
  type TrailEvent,
} from '../index.ts';
import { driftText } from './drift-text.ts';
import type { RowFormat } from './formats.ts';
import type { RunFlags } from './run-flags.ts';

/** What of a run its results depend on, besides the executor's options. */
export interface RunDescription {
  /** URL of the user's module. */
  readonly transformUrl: string;
  readonly inputFormat: RowFormat;
  readonly outputFormat: RowFormat;
  readonly flags: Pick<RunFlags, 'export' | 'rejects' | 'workerData' | 'env' | 'redact'>;
}

/**
 * The trail of a run of the command line: the user's transform stands there in the place of the one that wraps it, and the
 * flags in the place of what became of them.
 */
export class RunTrail extends SqliteAuditTrail {
  readonly #description: RunDescription;
  #onFirstEntry: (() => void) | undefined;
  #onLostResult: (() => void) | undefined;
  #onDrift: ((differences: readonly string[]) => void) | undefined;
  /** Settled when the end of the batch that was begun is on record, or can't be. */
  #batch: PromiseWithResolvers<void> | undefined;
  /** Settled when it is known whether what is held back goes on record; undefined when nothing is. */
  #verdict: PromiseWithResolvers<boolean> | undefined;
  #watchHistory: (history: RunHistory) => RunHistory = (history) => history;

  constructor(path: string, options: Pick<SqliteAuditTrailOptions, 'create'>, description: RunDescription) {
    super(path, { ...options, text: 'json', redact: description.flags.redact });
    this.#description = description;
  }

  /** Calls back once, before the first entry is put on record. */
  onFirstEntry(callback: () => void): void {
    this.#onFirstEntry = callback;
  }

  /** Calls back once, when a result of a row has lost something to --redact. */
  onLostResult(callback: () => void): void {
    this.#onLostResult = callback;
  }

  /**
   * Calls back when a batch that differs from the record of its run begins, before its rows do. @param callback gets the
   * differences in the words of the command line
   */
  onDrift(callback: (differences: readonly string[]) => void): void {
    this.#onDrift = callback;
  }

  /** What the executor gets to see of a run on record goes through `watch`. */
  watchHistory(watch: (history: RunHistory) => RunHistory): void {
    this.#watchHistory = watch;
  }

  override async history(runId: string): Promise<RunHistory | undefined> {
    const history = await super.history(runId);
    return history && this.#watchHistory(history);
  }

  /** The next batch goes on record when the first of its rows has something to tell, or with {@link accept}. */
  holdBack(): void {
    this.#verdict = Promise.withResolvers<boolean>();
  }

  /** What is held back goes on record. */
  accept(): void {
    this.#verdict?.resolve(true);
  }

  /** What is held back, and what follows, never goes on record. Of no effect where a row had something to tell. */
  refuse(): void {
    this.#verdict?.resolve(false);
  }

  /** Whether a batch was begun, so that its run can be continued. */
  get hasBegun(): boolean {
    return this.#batch !== undefined;
  }

  /** Resolves when the batch that was begun, if one was, has its end on record, or will never have one. */
  async whenBatchEnded(): Promise<void> {
    await this.#batch?.promise;
  }

  override [openEvents](): RedactedGroup {
    const group = super[openEvents]();
    let ends = false;
    return {
      add: (happened) => {
        const events = happened.map(inWordsOfFlags);
        this.#onEvents(events);
        ends ||= events.some((event) => kindOf(event) === 'batch-end');
        group.add(events);
      },
      append: async () => {
        try {
          const mayAppend = (await this.#verdict?.promise) !== false;
          const losesResults = mayAppend && (await group.append());
          if (losesResults) this.#loseResult();
          if (ends) this.#batch?.resolve();
          return losesResults;
        } catch (reason) {
          this.#batch?.resolve();
          throw reason;
        }
      },
    };
  }

  #onEvents(events: readonly TrailEvent[]): void {
    for (const event of events) {
      const kind = kindOf(event);
      if (kind === 'batch') this.#beginBatch(driftOf(event));
      else if (kind !== 'batch-end') this.accept();
      if (kind !== 'entries') continue;
      this.#onFirstEntry?.();
      this.#onFirstEntry = undefined;
    }
  }

  #loseResult(): void {
    this.#onLostResult?.();
    this.#onLostResult = undefined;
  }

  #beginBatch(drift: readonly string[]): void {
    this.#batch = Promise.withResolvers<void>();
    if (drift.length > 0) this.#onDrift?.(drift);
  }

  describe({ options }: BatchDescription): BatchDescription {
    const { transformUrl, inputFormat, outputFormat, flags } = this.#description;
    const { workerDataSha256: _wrapped, ...plain } = options;
    return {
      transform: identifyTransform({ url: transformUrl }),
      options: {
        ...plain,
        exportName: flags.export,
        inputFormat,
        outputFormat,
        rejects: flags.rejects !== undefined,
        ...(flags.redact === undefined ? {} : { redact: flags.redact }),
        // they may hold secrets
        ...hashOf('workerDataSha256', flags.workerData),
        ...hashOf('envSha256', flags.env),
      },
    };
  }
}

/** What a single event has to tell, and else of what there are several in it. */
function kindOf(event: TrailEvent): string {
  return event.kind === 'single' ? event.content.kind : event.kind;
}

/** What a batch continues in spite of. */
function driftOf(event: TrailEvent): readonly string[] {
  return event.kind === 'single' && event.content.kind === 'batch'
    ? (event.content.continues?.drift ?? [])
    : [];
}

/** The same event; what a batch continues in spite of is told in the words of the command line. */
function inWordsOfFlags(event: TrailEvent): TrailEvent {
  if (event.kind !== 'single' || event.content.kind !== 'batch') return event;
  const { continues } = event.content;
  if (continues === undefined) return event;
  const drift = continues.drift.map(driftText);
  return { ...event, content: { ...event.content, continues: { ...continues, drift } } };
}

function hashOf(name: string, typed: string | readonly string[] | undefined): Record<string, string> {
  if (typed === undefined) return {};
  return { [name]: createHash('sha256').update(JSON.stringify(typed)).digest('hex') };
}
