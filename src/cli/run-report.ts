import type { Display } from './display.ts';
import { TooManyErrors } from './emitter.ts';
import { ExitCode, exitCodeOf, messageOf } from './exit.ts';
import type { Ending } from './run-ending.ts';
import type { RunSummary } from './run-summary.ts';
import { WriteError } from './text-writer.ts';

/** A run that is over. */
export interface EndedRun {
  readonly ending: Ending;
  readonly summary: RunSummary;
  /** The exit code that a signal asks for; undefined when there was none. */
  readonly interrupted: number | undefined;
  /** Whether the outputs have all rows of the input. */
  readonly isComplete: boolean;
  /** Whether the run can be continued. */
  readonly isOnRecord: boolean;
}

/** Tells the user how a run came to its end. @returns the exit code */
export function reportEnding(display: Display, run: EndedRun): number {
  const { ending, summary, interrupted, isComplete, isOnRecord } = run;
  const hint = isOnRecord ? '; --resume continues the run' : '';
  if (interrupted !== undefined) display.say('note', interruptionText(isComplete, hint));
  if (ending.kind !== 'failed') {
    display.close(summary);
    return interrupted ?? (summary.failed > 0 ? ExitCode.rowsFailed : ExitCode.ok);
  }
  const { reason } = ending;
  if (reason instanceof WriteError && reason.closedPipe) {
    display.close(undefined);
    return interrupted ?? ExitCode.ok;
  }
  display.say('error', `${messageOf(reason)}${reason instanceof TooManyErrors ? hint : ''}`);
  display.close(summary);
  return interrupted ?? exitCodeOf(reason);
}

function interruptionText(isComplete: boolean, hint: string): string {
  return isComplete
    ? 'interrupted, but all of the input had been taken in: the output is complete'
    : `interrupted: the output ends before the input${hint}`;
}
