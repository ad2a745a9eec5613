import { createHash } from 'node:crypto';
import {
  openEvents,
  identifyTransform,
  SqliteAuditTrail,
  type BatchDescription,
  type RunHistory,
  type SqliteAuditTrailOptions,
  type EventGroup,
  type TrailEvent,
} from '../index.ts';
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
  /** Settled when the end of the batch that was begun is on record, or can't be. */
  #batch: PromiseWithResolvers<void> | undefined;
  #watchHistory: (history: RunHistory) => RunHistory = (history) => history;

  constructor(path: string, options: Pick<SqliteAuditTrailOptions, 'create'>, description: RunDescription) {
    super(path, { ...options, text: 'json', redact: description.flags.redact });
    this.#description = description;
  }

  /** Calls back once, before the first entry is put on record. */
  onFirstEntry(callback: () => void): void {
    this.#onFirstEntry = callback;
  }

  /** What the executor gets to see of a run on record goes through `watch`. */
  watchHistory(watch: (history: RunHistory) => RunHistory): void {
    this.#watchHistory = watch;
  }

  override async history(runId: string): Promise<RunHistory | undefined> {
    const history = await super.history(runId);
    return history && this.#watchHistory(history);
  }

  /** Resolves when the batch that was begun, if one was, has its end on record, or will never have one. */
  async whenBatchEnded(): Promise<void> {
    await this.#batch?.promise;
  }

  override [openEvents](): EventGroup {
    const group = super[openEvents]();
    let ends = false;
    return {
      add: (events) => {
        this.#onEvents(events);
        ends ||= hasSingle(events, 'batch-end');
        group.add(events);
      },
      append: async () => {
        try {
          await group.append();
          if (ends) this.#batch?.resolve();
        } catch (reason) {
          this.#batch?.resolve();
          throw reason;
        }
      },
    };
  }

  #onEvents(events: readonly TrailEvent[]): void {
    if (this.#onFirstEntry !== undefined && events.some(({ kind }) => kind === 'entries')) {
      this.#onFirstEntry();
      this.#onFirstEntry = undefined;
    }
    if (hasSingle(events, 'batch')) this.#batch = Promise.withResolvers<void>();
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

function hasSingle(events: readonly TrailEvent[], kind: 'batch' | 'batch-end'): boolean {
  return events.some((event) => event.kind === 'single' && event.content.kind === kind);
}

function hashOf(name: string, typed: string | readonly string[] | undefined): Record<string, string> {
  if (typed === undefined) return {};
  return { [name]: createHash('sha256').update(JSON.stringify(typed)).digest('hex') };
}
