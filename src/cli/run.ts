import { createDisplay, type DisplayKind } from './display.ts';
import { parseErrorLimit } from './error-limit.ts';
import { openExecutor } from './open-executor.ts';
import type { RunFlags } from './run-flags.ts';
import { discardFiles, openFiles, type RunFiles } from './run-files.ts';
import { RowRun } from './row-run.ts';

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
 * @throws UsageError or TransformLoadError when no row could run; the files are as they were
 */
export async function run({ transform, input, flags }: RunArguments): Promise<number> {
  const { output, rejects, format, maxErrors } = flags;
  const limit = maxErrors === undefined ? undefined : parseErrorLimit(maxErrors);
  const executor = openExecutor(transform, flags.export, flags);
  const files = await openFiles({ input, output, rejects, format });
  try {
    const display = createDisplay(flags.progress ?? defaultDisplay(files), process.stderr);
    return await new RowRun({ executor, files, limit, display, flags }).run();
  } catch (reason) {
    await executor.shutdown({ wait: false });
    await discardFiles(files);
    throw reason;
  }
}

/** Progress and output would be drawn over each other on one terminal. */
function defaultDisplay({ output }: RunFiles): DisplayKind {
  return process.stderr.isTTY && !output.isTerminal ? 'tty' : 'none';
}
