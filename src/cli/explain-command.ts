import { Command } from 'commander';
import type { ExplainFlags } from './explain.ts';

const DETAILS = `
Times are in ms since the row was first submitted. Rows and calls have indices from 0, attempts numbers
from 1. What a row waits for:
  its turn     its own record on the disk, threads that start, a permit, the rows before it, the gate
  backoff      ordered after the attempt before was refused
  given out    its result waits for those of the rows before it

Exit codes
  0 told   2 no such trail, run or row

Examples
  pooled-executor explain out.ndjson.audit.db 17
  pooled-executor explain out.ndjson.audit.db row-17 --json`;

/** `pooled-executor explain`. @param onExitCode is told the exit code */
export function explainCommand(onExitCode: (code: number) => void): Command {
  return new Command('explain')
    .summary('tell the story of one row')
    .description('Tell from the record what happened to a row, and why: attempts, waits, calls, results.')
    .argument('<trail>', 'file with the record, as out.ndjson.audit.db')
    .argument('<row>', 'index of the row, from 0, or its state id')
    .option('--run <id>', 'a run of the trail (default: the last one)')
    .option('--alongside', 'tell which other rows ran at the same time (reads all attempts)')
    .option('--full', 'show requests, responses and stacks whole, however long they are')
    .option('--json', 'as JSON, with everything in it')
    .addHelpText('after', DETAILS)
    .action(async (path: string, row: string, flags: ExplainFlags) => {
      const { explain } = await import('./explain.ts');
      onExitCode(await explain(path, row, flags));
    });
}
