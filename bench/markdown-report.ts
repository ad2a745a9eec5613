import { coresLine } from './cores.ts';
import { roundsText } from './format.ts';
import type { Goal, Table } from './group.ts';
import { machineLine } from './machine.ts';
import type { GroupResult } from './results.ts';

/** What the report says of a group. */
interface Section {
  readonly result: GroupResult;
  /** As of a Group. */
  readonly obstacles?: string | undefined;
}

/** The report of all groups, in Markdown. */
export function markdownReport(sections: readonly Section[]): string {
  return `${['# Benchmark', introduction(sections), ...sections.map(sectionText)].join('\n\n')}\n`;
}

function introduction(sections: readonly Section[]): string {
  const warmUps = new Set(sections.map(({ result }) => result.settings.warmUpMs / 1_000));
  return (
    'Made by `npm run bench`, each group in a process of its own. Where contenders are compared, each runs in a process of its own too, ' +
    `as it would at its user, and has run rows for ${[...warmUps].join(' or ')} s before it is measured: V8 takes seconds to compile all that is hot. ` +
    'All run the same transform over the same rows (five fields, about 120 bytes of JSON), as many per run as fit into its time, and take ' +
    'turns, one at a time, each round beginning with another one. ' +
    'Every output is read and checked. Figures are medians over the rounds, with the least and the greatest; ratios are taken ' +
    'within a round. What a group measures otherwise, it says.'
  );
}

function sectionText({ result, obstacles }: Section): string {
  const { title, about, command, commit = 'unknown', measuredAt, settings, machine } = result;
  const { threads } = settings;
  const { repeated = roundsText(settings.rounds) } = result;
  const made = `\`${command}\`, ${measuredAt.slice(0, 10)}, commit ${commit}: ${repeated}, ${threads} threads. ${machineLine(machine)}. ${coresLine(result.coresAvailable, threads)}.`;
  return [
    `## ${title}`,
    about,
    made,
    ...goalSection(result.goals, obstacles),
    ...result.tables.map(tableSection),
    ...(result.pictures ?? []).map(({ name, caption }) => `![${caption}](${name}.svg)`),
  ].join('\n\n');
}

function goalSection(goals: readonly Goal[], obstacles: string | undefined): string[] {
  if (goals.length === 0) return [];
  const lines = goals.map(({ figure, goal, measured, reached }) => [
    figure,
    goal,
    measured,
    reached ? 'yes' : '**no**',
  ]);
  const table = tableSection({ caption: 'Goals', columns: ['', 'goal', 'measured', 'reached'], lines });
  if (obstacles === undefined || goals.every(({ reached }) => reached)) return [table];
  return [table, `**Not reached:** ${obstacles}`];
}

function tableSection({ caption, columns, lines }: Table): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = row(columns.map((_, index) => (index === 0 ? '---' : '---:')));
  return `### ${caption}\n\n${[row(columns), rule, ...lines.map(row)].join('\n')}`;
}
