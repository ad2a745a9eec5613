import { existsSync } from 'node:fs';
import { createDisplay, type DisplayKind } from './display.ts';
import { driftNotes } from './drift-text.ts';
import { refuseEmptyNames } from './empty-names.ts';
import { parseErrorLimit } from './error-limit.ts';
import { checkLinks } from './link-check.ts';
import { openExecutor, tryTransform } from './open-executor.ts';
import { openReader, openResults } from './open-formats.ts';
import type { OutputMode } from './output.ts';
import { RunLoop } from './run-loop.ts';
import { discardFiles, openFiles, type RunFiles } from './run-files.ts';
import type { RunFlags } from './run-flags.ts';
import type { ContinuedRun } from './run-plan.ts';
import { RunRecord } from './run-record.ts';
import { urlOfTransform } from './transform-url.ts';

/** `pooled-executor run`, as it was typed. */
export interface RunArguments {
  readonly transform: string;
  readonly input: string | undefined;
  readonly flags: RunFlags;
}

/**
 * Runs the transform over the rows of the input.
 *
 * @returns the exit code
 * @throws UsageError when no row could run; the files are as they were
 */
export async function run({ transform, input, flags }: RunArguments): Promise<number> {
  const { output, rejects, format, maxErrors } = flags;
  const limit = maxErrors === undefined ? undefined : parseErrorLimit(maxErrors);
  checkNames({ transform, input, flags });
  const transformUrl = urlOfTransform(transform);
  const record = RunRecord.of({ transformUrl, input, flags });
  if (record !== undefined) checkLinks(record.trail.path);
  const executor = openExecutor(transformUrl, flags, record?.trail);
  const names = { transform: transformUrl, input, output, rejects, format, trail: record?.trail.path };
  const files = await openFiles(names, outputModeOf(flags));
  try {
    const display = createDisplay(flags.progress ?? defaultDisplay(files), process.stderr);
    const plan = await record?.open();
    if (plan?.kind === 'continued' && writesBeforeRowsRun(plan, transformUrl))
      await tryTransform(transformUrl, flags);
    record?.trail.onDrift((differences) => {
      for (const note of driftNotes(differences)) display.say('note', note);
    });
    record?.trail.onLostResult(() => {
      display.say(
        'note',
        '--redact takes values from results: --resume can not write them to an output, so that this run can not be continued',
      );
    });
    record?.trail.onFirstEntry(() => {
      files.output.begin();
      files.rejects?.begin();
    });
    if (record !== undefined) for (const note of record.notes) display.say('note', note);
    const trail = record?.trail;
    const reader = await openReader(files.input);
    const results = await openResults(files.output.kind, { rejected: rejects !== undefined });
    const parts = { executor, transformUrl, files, reader, results, limit, display, flags, plan, trail };
    const code = await new RunLoop(parts).run();
    await record?.close();
    return code;
  } catch (reason) {
    record?.trail.refuse();
    await executor.shutdown({ wait: false });
    await discardFiles(files, { keeps: record?.isOfAnothersOutput === true });
    await record?.discard();
    throw reason;
  }
}

/** @throws UsageError for names that no file can have, or that lead nowhere */
function checkNames({ transform, input, flags: { output, rejects, audit } }: RunArguments): void {
  refuseEmptyNames({ transform, input, output, rejects, trail: audit === false ? undefined : audit });
  for (const file of [output, rejects]) if (file !== undefined) checkLinks(file);
}

/**
 * Whether results on record go to the output, or to the record, before the transform is needed. Else what differs from the
 * record is told first, and that a file has changed says more than why it can't be loaded; a file that is gone has not changed.
 */
function writesBeforeRowsRun({ retryFailed, allowDrift }: ContinuedRun, transformUrl: string): boolean {
  const isGone = transformUrl.startsWith('file:') && !existsSync(new URL(transformUrl));
  return retryFailed || allowDrift || isGone;
}

/** What becomes of an output that is there. */
function outputModeOf({ resume, retryFailed, allowDrift }: RunFlags): OutputMode {
  if (resume !== true || retryFailed === true) return 'replace';
  return allowDrift === true ? 'mend' : 'continue';
}

/** Progress and output would be drawn over each other on one terminal. */
function defaultDisplay({ output }: RunFiles): DisplayKind {
  return process.stderr.isTTY && !output.isTerminal ? 'tty' : 'none';
}
