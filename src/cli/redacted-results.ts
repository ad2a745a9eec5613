import type { Display } from './display.ts';
import { REDACTED } from './emitter.ts';
import { UsageError } from './exit.ts';
import type { RunFlags } from './run-flags.ts';
import type { ContinuedRun } from './run-plan.ts';

/**
 * What to do about results on record that `--redact` took values from, by the index of their row: without `--allow-drift` they
 * can't be written; with it somebody is told, once. Undefined where there can be none.
 */
export function redactedResults(
  { allowDrift }: Pick<ContinuedRun, 'allowDrift'>,
  { redact }: Pick<RunFlags, 'redact'>,
  display: Pick<Display, 'say'>,
): ((rowIndex: number) => void) | undefined {
  if (allowDrift) return noteOnce(display); // the run on record may have had --redact, whatever this one has
  return redact === undefined ? undefined : refuse;
}

function refuse(rowIndex: number): never {
  throw new UsageError(
    `Cannot continue the output from the record as --redact took values from what row ${rowIndex} gave: run it anew, ` +
      `without --resume (--allow-drift writes '${REDACTED}' in their place)`,
  );
}

function noteOnce(display: Pick<Display, 'say'>): (rowIndex: number) => void {
  let wasSaid = false;
  return (rowIndex) => {
    if (wasSaid) return;
    wasSaid = true;
    display.say(
      'note',
      `'${REDACTED}' is written where the record has it in the place of values: row ${rowIndex} is the first (a run anew, ` +
        'without --resume, has them)',
    );
  };
}
