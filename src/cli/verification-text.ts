import type { Verification } from '../index.ts';
import { formatCount, formatCountOf } from './numbers.ts';
import { STOPPED } from './stopped-text.ts';

const MOST_FINDINGS = 25;

export interface ComparedFiles {
  readonly files: readonly string[];
  /** Whether the run has written its failed rows to a file of their own, which was not given. */
  readonly rejectsLeftOut: boolean;
}

/** What was checked, and what is not as it must be, for a terminal. */
export function verificationText(
  { runId, ok, stopped, chain, checked, findings, findingCount }: Verification,
  { files, rejectsLeftOut }: ComparedFiles,
): string {
  const { batches, rows, attempts, calls, entries, results } = checked;
  const output =
    results === undefined
      ? `not compared: ${files.length === 0 ? 'no output was given' : "the records can't be read"}`
      : `${formatCountOf(results, 'result')} compared with ${files.join(' and ')}, line by line`;
  const hidden = findingCount - Math.min(findingCount, MOST_FINDINGS);
  return [
    `Run ${runId}`,
    field('chain', `${formatCountOf(chain.records, 'record')}, head ${chain.headHash}`),
    field(
      'rows',
      `${formatCount(rows)}, each to have exactly one terminal entry that counts, of ${formatCountOf(entries, 'entry', 'entries')}`,
    ),
    field(
      'attempts',
      `${formatCount(attempts)}, to be numbered without gaps, in ${formatCountOf(batches, 'batch', 'batches')}`,
    ),
    field('calls', `${formatCountOf(calls, 'record')}, to have indices of their own`),
    field('output', output),
    ...(rejectsLeftOut
      ? [field('rejects', 'not compared: name the file of the failed rows with --rejects')]
      : []),
    '',
    ...findings.slice(0, MOST_FINDINGS).map(({ message }) => `PROBLEM  ${message}`),
    ...(hidden > 0 ? [`PROBLEM  and ${formatCount(hidden)} more`] : []),
    ...(stopped ? [STOPPED] : []),
    ok ? verdictOf(stopped) : `NOT verified: ${formatCountOf(findingCount, 'problem')} found.`,
    '',
  ].join('\n');
}

function verdictOf(stopped: boolean): string {
  return stopped
    ? 'Verified so far: what is there is as it must be, and the rest of the input has not run.'
    : 'Verified: everything is as it must be.';
}

function field(name: string, text: string): string {
  return `  ${name.padEnd(10)}${text}`;
}
