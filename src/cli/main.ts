import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { auditCommand } from './audit-command.ts';
import { ExitCode, exitCodeOf, messageOf } from './exit.ts';
import { explainCommand } from './explain-command.ts';
import { print } from './print.ts';
import { runCommand } from './run-command.ts';
import { verifyCommand } from './verify-command.ts';

/**
 * The command line.
 *
 * @param argv as of `process.argv`
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.stderr.on('error', () => undefined); // nobody is left to tell
  try {
    await parse(argv);
  } catch (reason) {
    process.stderr.write(`pooled-executor: ${messageOf(reason)}\n`);
    exit(exitCodeOf(reason));
  }
}

/** Does what was asked for. Help is no error, and what commander refuses is told already. */
async function parse(argv: readonly string[]): Promise<void> {
  let help: Promise<void> | undefined;
  const printHelp = (text: string) => {
    help = print(text);
  };
  try {
    await program(printHelp).parseAsync(argv);
  } catch (reason) {
    if (!(reason instanceof CommanderError)) throw reason;
    await help;
    process.exitCode = reason.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
}

function program(printHelp: (text: string) => void): Command {
  const command = new Command('pooled-executor')
    .description('Run a CPU-heavy transform over rows on all cores: results in order, failures row by row.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: printHelp,
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'pooled-executor: '));
      },
    })
    .showHelpAfterError('(--help shows what there is)');
  for (const make of [runCommand, explainCommand, auditCommand, verifyCommand])
    command.addCommand(make(exit).copyInheritedSettings(command));
  return command;
}

/** Ends the process whatever is still open, after stderr is written. */
function exit(code: number): void {
  process.stderr.write('', () => process.exit(code));
}

function version(): string {
  // the build adds one folder
  const manifest = new URL(
    import.meta.url.endsWith('.ts') ? '../../package.json' : '../../../package.json',
    import.meta.url,
  );
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
