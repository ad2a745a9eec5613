import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteAuditTrail, type AuditRecord } from '../../src/index.ts';
import { numbers, toLines, transform, type CliFolder } from './cli.ts';

export const held = transform('cli-held.mjs');
export const ROWS = 10;
export const oneByOne = ['--pool-size', '1', '--slice-size', '1', '--window', '3'];
/** The rows that have started, by what they print. */
export const ranIn = (stderr: string) =>
  Array.from(stderr.matchAll(/^running (\d+)$/gm), ([, n]) => Number(n));

export const FROM_THE_HELD_ONE = [4, 5, 6, 7, 8, 9];

/** Arguments of a run over `in.ndjson` that holds row `at` until it is killed, as {@link killedAt} does. */
export const argsOf = (output: string, ...flags: string[]) => [
  'run',
  held,
  'in.ndjson',
  '-o',
  output,
  ...oneByOne,
  ...flags,
];

/**
 * Kills a run with SIGKILL while it holds a row and that is on record; from then on the row is not held. Each row has some
 * padding of its own.
 */
export async function killedAt(
  folder: CliFolder,
  at: number,
  args: readonly string[],
  trail = 'out.ndjson.audit.db',
): Promise<void> {
  const gate = folder.fifo('gate');
  const row = ({ n }: { n: number }) => (n === at ? { n, pad: n, until: 'gate' } : { n, pad: n });
  folder.write('in.ndjson', toLines(numbers(ROWS).map(row)));
  const cli = folder.start(...args);
  await cli.said(`running ${at}\n`);
  while (!(await recordsIn(folder, trail)).some((record) => isDispatchOf(record, at)));
  cli.child.kill('SIGKILL');
  await cli.ended;
  rmSync(gate);
  writeFileSync(gate, '');
}

function isDispatchOf(record: AuditRecord, rowIndex: number): boolean {
  return record.kind === 'dispatch' && record.rowIndices.includes(rowIndex);
}

/** The output of such a run. */
export const whole = toLines(numbers(ROWS).map(({ n }) => ({ n, pad: 'x'.repeat(n) })));

export async function recordsIn(
  folder: CliFolder,
  name = 'out.ndjson.audit.db',
): Promise<readonly AuditRecord[]> {
  const trail = await SqliteAuditTrail.open(join(folder.path, name), { readOnly: true });
  const records: AuditRecord[] = [];
  for await (const page of trail.records()) records.push(...page.map(({ record }) => record));
  await trail.close();
  return records;
}
