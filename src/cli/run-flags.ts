import type { DisplayKind } from './display.ts';
import type { ExecutorFlagValues } from './executor-flags.ts';
import type { RowFormat } from './formats.ts';

/** The flags of `pooled-executor run` as commander gives them, with those of the executor. */
export type RunFlags = ExecutorFlagValues & {
  readonly output?: string;
  readonly export: string;
  readonly window?: string;
  readonly format?: RowFormat;
  readonly rejects?: string;
  readonly maxErrors?: string;
  readonly progress?: DisplayKind;
  /** False with --no-audit. */
  readonly audit?: string | false;
  readonly redact?: readonly string[];
  readonly resume?: boolean;
  readonly retryFailed?: boolean;
  readonly allowDrift?: boolean;
  /** Of the executor's flags: */
  readonly workerData?: string;
  readonly env?: readonly string[];
};
