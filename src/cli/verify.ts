import type { SqliteAuditTrail, Verification } from '../index.ts';
import { askTrail } from './ask-trail.ts';
import { refuseEmptyNames } from './empty-names.ts';
import { ExitCode, UsageError } from './exit.ts';
import { FileCheck } from './file-check.ts';
import type { RowFormat } from './formats.ts';
import { toPlainJson } from './plain-json.ts';
import { print } from './print.ts';
import { lastRun } from './run-plan.ts';
import { verificationText } from './verification-text.ts';

export interface VerifyFlags {
  readonly run?: string;
  readonly rejects?: string;
  readonly format?: RowFormat;
  readonly json?: boolean;
}

/**
 * `pooled-executor verify`, as it was typed.
 *
 * @returns the exit code
 * @throws UsageError when there is no such trail, run or file
 */
export async function verify(path: string, output: string | undefined, flags: VerifyFlags): Promise<number> {
  refuseEmptyNames({ trail: path, output, rejects: flags.rejects });
  const { verification, rejectsLeftOut } = await askTrail(path, (trail) =>
    verificationOf(trail, output, flags),
  );
  const files = [output, flags.rejects].filter((file) => file !== undefined);
  await print(
    flags.json === true
      ? `${JSON.stringify(toPlainJson({ ...verification, rejectsLeftOut }), null, 2)}\n`
      : verificationText(verification, { files, rejectsLeftOut }),
  );
  return verification.ok ? ExitCode.ok : ExitCode.differences;
}

async function verificationOf(
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
  const check = await FileCheck.open({ output, rejects, rejected, format: known });
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
