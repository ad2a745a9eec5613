import { createHash } from 'node:crypto';
import {
  identifyTransform,
  type AuditRecord,
  type AuditTrail,
  type BatchDescription,
  type RunHistory,
  type SqliteAuditTrail,
} from '../index.ts';
import type { RowFormat } from './formats.ts';
import type { RunFlags } from './run-flags.ts';

/** What of a run its results depend on, besides the executor's options. */
export interface RunDescription {
  /** URL of the user's module. */
  readonly transformUrl: string;
  readonly inputFormat: RowFormat;
  readonly outputFormat: RowFormat;
  readonly flags: Pick<RunFlags, 'export' | 'rejects' | 'workerData' | 'env'>;
}

/**
 * The trail of a run of the command line: an SQLite file in which the user's transform stands in the place of the one that
 * wraps it, and the flags in the place of what became of them.
 */
export class RunTrail implements AuditTrail {
  readonly outlivesProcess = true;
  readonly #sqlite: SqliteAuditTrail;
  readonly #description: RunDescription;
  #onFirstEntry: (() => void) | undefined;

  constructor(sqlite: SqliteAuditTrail, description: RunDescription) {
    this.#sqlite = sqlite;
    this.#description = description;
  }

  get path(): string {
    return this.#sqlite.path;
  }

  /** Calls back once, before the first entry is put on record. */
  onFirstEntry(callback: () => void): void {
    this.#onFirstEntry = callback;
  }

  append(records: readonly AuditRecord[]): Promise<void> {
    if (this.#onFirstEntry !== undefined && records.some(({ kind }) => kind === 'entry')) {
      this.#onFirstEntry();
      this.#onFirstEntry = undefined;
    }
    return this.#sqlite.append(records);
  }

  history(runId: string): Promise<RunHistory | undefined> {
    return this.#sqlite.history(runId);
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
        // they may hold secrets
        ...hashOf('workerDataSha256', flags.workerData),
        ...hashOf('envSha256', flags.env),
      },
    };
  }

  close(): Promise<void> {
    return this.#sqlite.close();
  }
}

function hashOf(name: string, typed: string | readonly string[] | undefined): Record<string, string> {
  if (typed === undefined) return {};
  return { [name]: createHash('sha256').update(JSON.stringify(typed)).digest('hex') };
}
