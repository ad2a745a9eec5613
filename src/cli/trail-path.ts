import { UsageError } from './exit.ts';
import { statsOf } from './file-identity.ts';
import type { RunFlags } from './run-flags.ts';

const EXTENSION = '.audit.db';

/**
 * Where a run is put on record: the file that --audit names, or one beside the output; undefined for nowhere, with
 * --no-audit and where the output is no file.
 *
 * @throws UsageError when the run is to be continued and there is no such file, and for stdout
 */
export function trailPathOf({ audit, output, ...flags }: RunFlags): string | undefined {
  if (audit === '-') throw new UsageError("--audit must name a file: received '-'");
  const path = audit === false ? undefined : (audit ?? pathBeside(output));
  const flag = flags.retryFailed === true ? '--retry-failed' : '--resume';
  if (flags.resume !== true && flags.retryFailed !== true) {
    if (flags.allowDrift !== true) return path;
    throw new UsageError(
      '--allow-drift is for runs that are continued: give --resume or --retry-failed as well',
    );
  }
  if (audit === false)
    throw new UsageError(`${flag} needs the trail of the run, which --no-audit turns off: leave that out`);
  if (path === undefined)
    throw new UsageError(`${flag} needs the trail of the run: name the output, or give --audit`);
  if (isFile(path) !== true)
    throw new UsageError(`${flag} needs the trail of the run: there is no file ${path}`);
  return path;
}

/** Beside a file, or where one will be; pipes and devices have none. */
function pathBeside(output: string | undefined): string | undefined {
  if (output === undefined || output === '-' || isFile(output) === false) return undefined;
  return output + EXTENSION;
}

/** Undefined when there is nothing. */
function isFile(path: string): boolean | undefined {
  return statsOf(path)?.isFile();
}
