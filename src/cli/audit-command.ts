import { Command } from 'commander';
import type { AuditFlags } from './audit.ts';

const DETAILS = `
Recomputes each counter that a batch stated at its end from the records of its attempts and results. The times of the
attempts tell how many rows ran at once; where they can't tell two moments apart, a range is shown. pacedTimeMs and
currentDelayMs leave no traces and are not recomputed. Of several batches the counters are summed: a row counts as
submitted, and as success or error, in each batch that had it, also in one that took its result from the record.

Exit codes
  0 all counters agree   1 some don't   2 no such trail or run`;

/** `pooled-executor audit`. @param onExitCode is told the exit code */
export function auditCommand(onExitCode: (code: number) => void): Command {
  return new Command('audit')
    .summary('sum up the runs of a record, and check the counters')
    .description('Sum up what happened in the runs on record, and recompute the counters from the records.')
    .argument('<trail>', 'file with the record, as out.ndjson.audit.db')
    .option('--run <id>', 'only this run (default: all)')
    .option('--json', 'as JSON')
    .addHelpText('after', DETAILS)
    .action(async (path: string, flags: AuditFlags) => {
      const { audit } = await import('./audit.ts');
      onExitCode(await audit(path, flags));
    });
}
