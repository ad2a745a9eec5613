import { askTrail } from './ask-trail.ts';
import { auditText } from './audit-text.ts';
import { refuseEmptyNames } from './empty-names.ts';
import { ExitCode } from './exit.ts';
import { toPlainJson } from './plain-json.ts';
import { print } from './print.ts';

export interface AuditFlags {
  readonly run?: string;
  readonly json?: boolean;
}

/**
 * `pooled-executor audit`, as it was typed.
 *
 * @returns the exit code
 * @throws UsageError when there is no such trail or run
 */
export async function audit(path: string, { run, json = false }: AuditFlags): Promise<number> {
  refuseEmptyNames({ trail: path });
  const report = await askTrail(path, (trail) => trail.audit({ runId: run }));
  await print(json ? `${JSON.stringify(toPlainJson(report), null, 2)}\n` : auditText(report));
  return report.agrees ? ExitCode.ok : ExitCode.differences;
}
