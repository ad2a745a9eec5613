import { Command, Option } from 'commander';
import { executorFlagOptions, repeatable } from './executor-flags.ts';
import { UsageError } from './exit.ts';
import type { RunFlags } from './run-flags.ts';

const DETAILS = `
The transform is a module: its default export, or the one named by --export, is called with each row and a
context, and returns the output. JavaScript and TypeScript run without a build step.
One that imports pooled-executor/transform needs the package installed in its own project, also where the command is
installed globally.

Input and output
  .ndjson, .jsonl, .json   one JSON value per line; blank lines are skipped
  .csv                     a header row, then rows, which become objects of strings
  .gz behind it            compressed with gzip
  -                        stdin or stdout, as when not given
  --format tells the format where the name does not; without it that is NDJSON.
  Text is UTF-8: a line that is not has failed.
  Outputs are written as JSON.stringify gives them, undefined as null; a row that gives a Map, a Set, an Error, a
  promise or an iterator, which that makes {}, has failed. The columns of CSV output are the keys of the first row
  that succeeds; nested values stand there as JSON, and a row with other keys has failed.
  What the transform logs (console, process.stdout) goes to stderr. What its child processes write to a stdout that
  they inherit, or it itself with fs.writeSync(1, ...), goes to stdout, between the rows where they go there too.
  Where the next program in a pipe writes to the terminal too, --progress none keeps the progress out of its output.

Failed rows
  With --rejects they go to that file, one JSON object per line: rowIndex, line, error, row.
  Without, they stand in place: {"error":{"code":...,"message":...}} in NDJSON; in CSV empty cells and the
  error in a last column 'error', which is then always there. A line that is no row fails like a row.

The record, and runs that died
  A run that writes a file is on record beside it, row by row: out.ndjson.audit.db. After a crash, Ctrl-C or
  --max-errors the same command with --resume continues it, and the output is the same as if nothing had happened.
  Input, transform and options must be the same, else it refuses; only what says when and where rows run (pool, delays,
  window) may differ. --max-errors counts the rows that run now, not those whose result is on record.
  On stdout the whole output is written again.
  --redact replaces values in rows, outputs, calls and error details on record, not in the output. A run is continued
  with what is on record: if outputs were redacted, --resume and verify find that the output differs.

Exit codes
  0 all rows succeeded   1 aborted   2 usage   3 some rows failed   130, 143 on SIGINT, SIGTERM
  The first Ctrl-C finishes the rows that were taken in and writes them; a second one, from the note on that offers it,
  stops now.

Examples
  pooled-executor run ./score.ts rows.ndjson -o scores.ndjson
  pooled-executor run ./score.ts rows.ndjson -o scores.ndjson --resume
  pooled-executor run ./score.ts rows.csv.gz -o scores.csv --rejects failed.ndjson --max-errors 1%
  zcat rows.ndjson.gz | pooled-executor run ./score.ts --export scoreRow --pool-size 4 | head`;

/** `pooled-executor run`. @param onExitCode is told the exit code when the run is over */
export function runCommand(onExitCode: (code: number) => void): Command {
  const command = new Command('run')
    .summary('run a transform over the rows of a file')
    .description(
      'Run a transform over the rows of a file on all cores; results come out in the order of the input.',
    )
    .argument('<transform>', 'module with the transform')
    .argument('[input]', 'file to read (default: stdin)')
    .option('-o, --output <file>', 'file to write (default: stdout)')
    .option('--export <name>', "the module's export to run", 'default')
    .addOption(
      new Option('--format <format>', 'format where the file name does not tell').choices(['ndjson', 'csv']),
    )
    .option('--rejects <file>', 'write failed rows to this file (NDJSON) and not to the output')
    .option('--max-errors <n|p%>', 'stop when more rows have failed, or a larger share of at least 100')
    .option('--audit <file>', 'put the run on record in this file (default: <output>.audit.db)')
    .option('--no-audit', 'put it nowhere')
    .addOption(
      repeatable(
        new Option(
          '--redact <path>',
          'keep these values out of the record, e.g. *.apiKey or headers.authorization (repeatable)',
        ),
      ),
    )
    .option('--resume', 'continue the last run on record: rows that have their result are not run again')
    .option('--retry-failed', 'run the rows again that have failed, and write the whole output again')
    .option(
      '--allow-drift',
      'continue it also with another input, transform or options, and say what differs',
    )
    .option('--window <n>', 'most rows taken in and not yet written (default: follows the row time)')
    .addOption(
      new Option('--progress <kind>', 'progress on stderr (default: tty on a terminal, else none)').choices([
        'tty',
        'json',
        'none',
      ]),
    )
    .addHelpText('after', DETAILS)
    .action(async (transform: string, input: string | undefined, flags: RunFlags) => {
      const { run } = await import('./run.ts');
      onExitCode(await run({ transform, input, flags }));
    });
  for (const option of executorFlagOptions()) command.addOption(option);
  refuseBothAudits(command);
  return command;
}

/** To commander they are two values of one flag, of which the last counts. */
function refuseBothAudits(command: Command): void {
  const given = new Set<string>();
  for (const name of ['audit', 'no-audit']) {
    command.on(`option:${name}`, () => {
      if (given.add(name).size > 1)
        throw new UsageError('--audit and --no-audit contradict one another: give one of them');
    });
  }
}
