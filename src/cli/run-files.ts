import { UsageError } from './exit.ts';
import { identityOfPath } from './file-identity.ts';
import { kindOf, type RowFormat } from './formats.ts';
import { openInput, type Input } from './input.ts';
import { openOutput, type Output, type OutputMode } from './output.ts';
import { fileOfTransform } from './transform-url.ts';

/** The files of a run, open. */
export interface RunFiles {
  readonly input: Input;
  readonly output: Output;
  readonly rejects: Output | undefined;
}

export interface FileNames {
  /** URL of the module. It is not opened here. */
  readonly transform: string;
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly rejects: string | undefined;
  /** It is not opened here. */
  readonly trail: string | undefined;
  readonly format: RowFormat | undefined;
}

/** The trail, and what SQLite and its writer keep beside it. */
const TRAIL_ENDS = ['', '-wal', '-shm', '-lock', '-lock-journal'];

/**
 * Opens what a run reads and writes. Nothing is overwritten yet.
 *
 * @throws UsageError when one can't be opened, or two are the same.
 */
export async function openFiles(names: FileNames, mode: OutputMode): Promise<RunFiles> {
  const input = await openInput(names.input, names.format);
  const outputs: Output[] = [];
  try {
    outputs.push(await openOutput(names.output, names.format, mode));
    if (names.rejects !== undefined) outputs.push(await openRejects(names.rejects, mode));
    checkDistinct([
      ...asNamed('transform', fileOfTransform(names.transform)),
      { what: `input ${names.input ?? '-'}`, ...input },
      { what: `output ${names.output ?? '-'}`, ...outputs[0] },
      { what: `rejects ${names.rejects ?? '-'}`, ...outputs[1] },
      ...TRAIL_ENDS.flatMap((end) => asNamed('trail', names.trail && `${names.trail}${end}`)),
    ]);
  } catch (reason) {
    input.close();
    await discardAll(outputs, { keeps: false });
    throw reason;
  }
  const [output, rejects] = outputs as [Output, Output | undefined];
  return { input, output, rejects };
}

async function openRejects(file: string, mode: OutputMode): Promise<Output> {
  if (file === '-') throw new UsageError("--rejects must name a file: received '-'");
  if (kindOf(file, 'ndjson').format === 'ndjson') return openOutput(file, 'ndjson', mode);
  throw new UsageError(
    `--rejects is written as NDJSON, so it must be named .ndjson or .jsonl: received '${file}'`,
  );
}

export function outputsOf({ output, rejects }: RunFiles): readonly Output[] {
  return rejects === undefined ? [output] : [output, rejects];
}

/** Gives the files back as they were; see {@link Output.discard}. */
export async function discardFiles(files: RunFiles, options: { readonly keeps: boolean }): Promise<void> {
  files.input.close();
  await discardAll(outputsOf(files), options);
}

async function discardAll(outputs: readonly Output[], options: { readonly keeps: boolean }): Promise<void> {
  for (const output of outputs) await output.discard(options);
}

interface NamedFile {
  readonly what: string;
  readonly identity?: string | undefined;
}

/** A file that is not opened here; none where it has no name. */
function asNamed(role: string, file: string | undefined): readonly NamedFile[] {
  return file === undefined ? [] : [{ what: `${role} ${file}`, identity: identityOfPath(file) }];
}

function checkDistinct(files: readonly NamedFile[]): void {
  for (const [index, { what, identity }] of files.entries()) {
    const twin = files.slice(0, index).find((other) => identity !== undefined && other.identity === identity);
    if (twin !== undefined)
      throw new UsageError(`Cannot use one file twice: ${twin.what} and ${what} are the same`);
  }
}
