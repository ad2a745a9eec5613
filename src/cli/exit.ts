/** What the process says when it ends; 128 + the signal's number when a signal ended it. */
export const ExitCode = {
  /** Every row succeeded. */
  ok: 0,
  /** The run ended before its input did. */
  aborted: 1,
  /** A record was checked, and something is not as it must be. */
  differences: 1,
  /** It was called in a way that can't work; no row ran. */
  usage: 2,
  /** Every row ran and some failed. */
  rowsFailed: 3,
} as const;

/** The command can't work as it was given. Its message is all that the user is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The run can't go on. Its message is all that the user is shown. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? ExitCode.usage : ExitCode.aborted;
}

/** The first thing to say about anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
