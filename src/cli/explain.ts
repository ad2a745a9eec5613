import { TrailQuestionError, type RowExplanation, type SqliteAuditTrail } from '../index.ts';
import { askTrail } from './ask-trail.ts';
import { refuseEmptyNames } from './empty-names.ts';
import { ExitCode } from './exit.ts';
import { explanationText } from './explanation-text.ts';
import { toPlainJson } from './plain-json.ts';
import { print } from './print.ts';

export interface ExplainFlags {
  readonly run?: string;
  readonly alongside?: boolean;
  readonly full?: boolean;
  readonly json?: boolean;
}

/**
 * `pooled-executor explain`, as it was typed.
 *
 * @returns the exit code
 * @throws UsageError when there is no such trail, run or row
 */
export async function explain(path: string, row: string, flags: ExplainFlags): Promise<number> {
  refuseEmptyNames({ trail: path, row });
  const explanation = await askTrail(path, (trail) => explanationOf(trail, row, flags));
  const { full = false, json = false } = flags;
  await print(
    json
      ? `${JSON.stringify(toPlainJson(explanation, { stacks: true }), null, 2)}\n`
      : explanationText(explanation, { full }),
  );
  return ExitCode.ok;
}

/** Digits are the index of a row, or else a state id. */
async function explanationOf(
  trail: SqliteAuditTrail,
  row: string,
  { run, alongside }: ExplainFlags,
): Promise<RowExplanation> {
  const options = { runId: run, alongside };
  if (!/^\d{1,15}$/.test(row)) return trail.explain(row, options);
  try {
    return await trail.explain(Number(row), options);
  } catch (reason) {
    if (!(reason instanceof TrailQuestionError)) throw reason;
    return trail.explain(row, options).catch(() => {
      throw reason;
    });
  }
}
