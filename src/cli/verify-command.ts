import { Command, Option } from 'commander';
import type { SqliteAuditTrail, Verification } from '../index.ts';
import { askTrail } from './ask-trail.ts';
import { ExitCode, UsageError } from './exit.ts';
import { FileCheck } from './file-check.ts';
import type { RowFormat } from './formats.ts';
import { toPlainJson } from './plain-json.ts';
import { print } from './print.ts';
import { lastRun } from './run-plan.ts';
import { verificationText } from './verification-text.ts';

interface VerifyFlags {
  readonly run?: string;
  readonly rejects?: string;
  readonly format?: RowFormat;
  readonly json?: boolean;
}

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
      const { verification, rejectsLeftOut } = await askTrail(path, (trail) => verify(trail, output, flags));
      const files = [output, flags.rejects].filter((file) => file !== undefined);
      await print(
        flags.json === true
          ? `${JSON.stringify(toPlainJson({ ...verification, rejectsLeftOut }), null, 2)}\n`
          : verificationText(verification, { files, rejectsLeftOut }),
      );
      onExitCode(verification.ok ? ExitCode.ok : ExitCode.differences);
    });
}

async function verify(
  trail: SqliteAuditTrail,
  output: string | undefined,
  { run, rejects, format }: VerifyFlags,
): Promise<{ readonly verification: Verification; readonly rejectsLeftOut: boolean }> {
  if (output === undefined && rejects !== undefined)
    throw new UsageError('--rejects is compared together with the output: name both');
  const runId = run ?? lastRun(await trail.runs())?.runId;
  const { rejects: recorded = rejects !== undefined, outputFormat } = await optionsOf(trail, runId);
  const rejected = recorded === true;
  const rejectsLeftOut = rejected && rejects === undefined;
  if (output === undefined) return { verification: await trail.verify({ runId: run }), rejectsLeftOut };
  if (rejects !== undefined && !rejected) {
    throw new UsageError('The run had no --rejects: its failed rows stand in the output');
  }
  const known = format ?? (outputFormat as RowFormat | undefined);
  const check = new FileCheck({ output, rejects, rejected, format: known });
  return { verification: await trail.verify({ runId, output: check }), rejectsLeftOut };
}

/** What the last batch of a run says of itself: it has written the files. */
async function optionsOf(
  trail: SqliteAuditTrail,
  runId: string | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  let options: Readonly<Record<string, unknown>> = {};
  for await (const page of trail.records({ runId, kinds: ['batch'] }))
    for (const { record } of page) if (record.kind === 'batch') ({ options } = record);
  return options;
}
