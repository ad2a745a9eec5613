import type { AuditReport, CheckedCounter, RunReport } from '../index.ts';
import { formatCount, formatCountOf, formatDuration } from './numbers.ts';
import { STOPPED } from './stopped-text.ts';

const BARS = '▁▂▃▄▅▆▇█';
const MOST_DIFFERENCES = 20;

/** What happened in the runs of a trail, for a terminal. */
export function auditText({ runs, agrees }: AuditReport): string {
  if (runs.length === 0) return 'The trail has no runs\n';
  const isStated = runs.some(({ stats }) => stats.batches > 0);
  const agreement = isStated ? 'Every counter agrees with the records.' : 'There are no counters to compare.';
  const verdict = agrees ? agreement : 'Counters DIFFER from the records: see above.';
  return `${runs.map(runText).join('\n')}\n${verdict}\n`;
}

function runText(run: RunReport): string {
  return [
    ...headLines(run),
    ...driftLines(run),
    ...resultLines(run),
    ...slowestLines(run),
    ...concurrencyLines(run),
    ...statsLines(run),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function headLines({
  runId,
  startedAt,
  endedAt,
  stopped,
  transform,
  batches,
  ...counts
}: RunReport): readonly string[] {
  const { rows, attempts, calls, entries } = counts;
  const ended = stopped ? 'stopped' : 'ended';
  const end =
    endedAt === undefined ? 'has not ended' : `${ended} after ${formatDuration(endedAt - startedAt)}`;
  return [
    `Run ${runId}, started ${new Date(startedAt).toISOString()}, ${end}`,
    ...(stopped ? [STOPPED] : []),
    ...(transform === undefined
      ? []
      : [field('transform', `${transform.url} (sha256 ${transform.sha256.slice(0, 12)})`)]),
    field(
      'records',
      `${formatCountOf(batches, 'batch', 'batches')}, ${formatCountOf(rows, 'row')}, ${formatCountOf(attempts, 'attempt')}, ` +
        `${formatCountOf(calls, 'record')} of calls, ${formatCountOf(entries, 'entry', 'entries')}`,
    ),
  ];
}

function driftLines({ drifts }: RunReport): readonly string[] {
  return drifts.map(({ at, drift }) =>
    field('continued', `${new Date(at).toISOString()}, although ${drift.join('; ')}`),
  );
}

function resultLines({ results, outcomes, rowsByAttempts }: RunReport): readonly string[] {
  const byAttempts = rowsByAttempts.flatMap((rows, attempts) =>
    rows === 0 ? [] : [`${attempts}: ${formatCount(rows)}`],
  );
  return [
    field('rows', countsText(results, { none: 'without result' })),
    field('attempts', countsText(outcomes, {})),
    field('rows by attempts', byAttempts.join(' · ')),
  ];
}

function slowestLines({ slowest }: RunReport): readonly string[] {
  return slowest.map(({ rowIndex, stateId, attempt, ranMs, outcome }, position) =>
    field(
      position === 0 ? 'slowest' : '',
      `${ranMs.toFixed(1).padStart(9)} ms  row ${rowIndex} ('${stateId}'), attempt ${attempt}, ${outcome}`,
    ),
  );
}

function concurrencyLines({ concurrency }: RunReport): readonly string[] {
  const { highest, msAtLevel, overTime, spanMs } = concurrency;
  if (spanMs === 0) return [];
  const levels = msAtLevel.flatMap((level, rows) =>
    level === 0 ? [] : [`${rows}: ${((100 * level) / spanMs).toFixed(1)}%`],
  );
  const bars = overTime.map((mean) => BARS.charAt(Math.round((mean / highest) * (BARS.length - 1))));
  return [
    field('rows at once', `at most ${highest}; share of the time by number: ${levels.join(' · ')}`),
    field('', `${bars.join('')}  over ${formatDuration(spanMs)}`),
  ];
}

function statsLines({ stats, batches: all }: RunReport): readonly string[] {
  const { batches, counters, differences, differenceCount } = stats;
  if (batches === 0) return [field('counters', 'none were stated, as no batch has ended')];
  const hidden = differenceCount - Math.min(differenceCount, MOST_DIFFERENCES);
  const lines = [...scopeLines(batches, all), ...counters.map(counterText)];
  return [
    ...lines.map((line, position) => field(position === 0 ? 'counters' : '', line)),
    ...differences
      .slice(0, MOST_DIFFERENCES)
      .map((difference) => field('DIFFERENCE', `${counterText(difference)}, in batch ${difference.batchId}`)),
    ...(hidden > 0 ? [field('', `and ${formatCountOf(hidden, 'more difference')}`)] : []),
  ];
}

/** What the counters of several batches are. */
function scopeLines(ended: number, all: number): readonly string[] {
  if (all <= 1) return [];
  const which = ended === all ? `all ${all} batches` : `${ended} of ${all} batches, those that have ended`;
  return [
    `summed over ${which}; of peakDelayMs and maxConcurrentReached the highest`,
    'submitted, successes, errors: a row counts in each batch that had it, also if its result was on record',
  ];
}

function counterText({ name, stated, least, most }: CheckedCounter): string {
  const recounted = least === most ? number(least) : `${number(least)} to ${number(most)}`;
  return `${name.padEnd(21)} stated ${number(stated)}, recomputed ${recounted}`;
}

function countsText(
  counts: Readonly<Record<string, number>>,
  names: Readonly<Record<string, string>>,
): string {
  const texts = Object.entries(counts).map(([name, count]) => `${formatCount(count)} ${names[name] ?? name}`);
  return texts.length === 0 ? 'none' : texts.join(' · ');
}

function field(name: string, text: string): string {
  return `  ${name.padEnd(18)}${text}`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 3 });
}
