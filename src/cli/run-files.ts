import { UsageError } from './exit.ts';
import { kindOf, type RowFormat } from './formats.ts';
import { openInput, type Input } from './input.ts';
import { openOutput, type Output } from './output.ts';

/** The files of a run, open. */
export interface RunFiles {
  readonly input: Input;
  readonly output: Output;
  readonly rejects: Output | undefined;
}

export interface FileNames {
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly rejects: string | undefined;
  readonly format: RowFormat | undefined;
}

/**
 * Opens what a run reads and writes. Nothing is overwritten yet.
 *
 * @throws UsageError when one can't be opened, or two are the same.
 */
export async function openFiles(names: FileNames): Promise<RunFiles> {
  const input = await openInput(names.input, names.format);
  const outputs: Output[] = [];
  try {
    outputs.push(await openOutput(names.output, names.format));
    if (names.rejects !== undefined) outputs.push(await openRejects(names.rejects));
    checkDistinct([input, ...outputs], [names.input, names.output, names.rejects]);
  } catch (reason) {
    input.close();
    await discardAll(outputs);
    throw reason;
  }
  const [output, rejects] = outputs as [Output, Output | undefined];
  return { input, output, rejects };
}

async function openRejects(file: string): Promise<Output> {
  if (file === '-') throw new UsageError("--rejects must name a file: received '-'");
  if (kindOf(file, 'ndjson').format === 'ndjson') return openOutput(file, 'ndjson');
  throw new UsageError(
    `--rejects is written as NDJSON, so it must be named .ndjson or .jsonl: received '${file}'`,
  );
}

/** Gives the files back as they were. */
export async function discardFiles({ input, output, rejects }: RunFiles): Promise<void> {
  input.close();
  await discardAll(rejects === undefined ? [output] : [output, rejects]);
}

async function discardAll(outputs: readonly Output[]): Promise<void> {
  for (const output of outputs) await output.discard();
}

function checkDistinct(
  files: readonly { readonly identity: string | undefined }[],
  names: readonly (string | undefined)[],
): void {
  const what = [`input ${names[0] ?? '-'}`, `output ${names[1] ?? '-'}`, `rejects ${names[2] ?? '-'}`];
  files.forEach(({ identity }, index) => {
    const twin = files.findIndex((other) => other.identity === identity && identity !== undefined);
    if (twin === index || twin === -1) return;
    throw new UsageError(
      `Cannot use one file twice: ${what[twin] ?? ''} and ${what[index] ?? ''} are the same`,
    );
  });
}
