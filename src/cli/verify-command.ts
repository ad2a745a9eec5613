import { Command, Option } from 'commander';
import type { VerifyFlags } from './verify.ts';

const DETAILS = `
Checks the hash chain over all records; of the last run, or the one named by --run, that it has ended, that each row
has exactly one terminal entry, that attempts are numbered without gaps and calls have indices of their own; and that
the output has line by line what is on record. The numbers of lines in the input are not on record and not checked.
Who has noted the head of the chain can tell later that nothing was changed since.

Exit codes
  0 everything is as it must be (so far, where it says that the run was stopped before all of its input was done)
  1 something is not, or the run has not ended   2 no such trail, run or file

Examples
  pooled-executor verify out.ndjson.audit.db out.ndjson
  pooled-executor verify out.csv.audit.db out.csv --rejects failed.ndjson`;

/** `pooled-executor verify`. @param onExitCode is told the exit code */
export function verifyCommand(onExitCode: (code: number) => void): Command {
  return new Command('verify')
    .summary('check a record, and an output against it')
    .description('Check that a record is whole and unchanged, and that an output is what is on record.')
    .argument('<trail>', 'file with the record, as out.ndjson.audit.db')
    .argument('[output]', 'file that the run has written')
    .option('--rejects <file>', 'file with the failed rows that the run has written')
    .addOption(
      new Option('--format <format>', 'format where the file name does not tell').choices(['ndjson', 'csv']),
    )
    .option('--run <id>', 'a run of the trail (default: the last one)')
    .option('--json', 'as JSON')
    .addHelpText('after', DETAILS)
    .action(async (path: string, output: string | undefined, flags: VerifyFlags) => {
      const { verify } = await import('./verify.ts');
      onExitCode(await verify(path, output, flags));
    });
}
