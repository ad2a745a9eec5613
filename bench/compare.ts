import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ratio } from './format.ts';
import type { Table } from './group.ts';
import type { GroupResult } from './results.ts';
import type { Summary } from './summary.ts';

/** What tells the elements of a list of figures from each other. */
const NAMES = ['contender', 'name', 'way', 'isolation', 'hang', 'microseconds'];

/**
 * The results of an earlier run by group: from one file, or from all JSON files of a folder.
 *
 * @throws when there is no such file, or it is no result of the bench
 */
export async function loadEarlier(path: string): Promise<ReadonlyMap<string, GroupResult>> {
  const files = (await stat(path)).isDirectory()
    ? (await readdir(path)).filter((name) => name.endsWith('.json')).map((name) => join(path, name))
    : [path];
  const results = await Promise.all(files.map(loadResult));
  return new Map(results.map((result) => [result.group, result]));
}

async function loadResult(path: string): Promise<GroupResult> {
  const result = JSON.parse(await readFile(path, 'utf8')) as Partial<GroupResult> | null;
  if (typeof result?.group === 'string' && result.figures !== undefined) return result as GroupResult;
  throw new Error(`Cannot compare with ${path} as it is no result of the bench`);
}

/** The medians that both runs have: earlier, now, and now divided by earlier. */
export function comparisonTable(now: GroupResult, earlier: GroupResult): Table {
  const medians = new Map(mediansIn(earlier.figures));
  const lines = mediansIn(now.figures).flatMap(([figure, median]) => {
    const before = medians.get(figure);
    if (before === undefined) return [];
    return [[figure, ratio(before), ratio(median), before === 0 ? '' : ratio(median / before)]];
  });
  const { command, commit = 'unknown', measuredAt, machine } = earlier;
  const run = `\`${command}\`, ${measuredAt.slice(0, 16)}, commit ${commit}, Node ${machine.node}, ${machine.cpu}`;
  return {
    caption: [
      `Medians against those of ${run}`,
      ...differences(now, earlier),
      ...(lines.length === 0 ? ['THERE IS NONE IN BOTH'] : []),
    ].join('; '),
    columns: ['', 'earlier', 'now', 'now / earlier'],
    lines,
  };
}

/** Why figures of the two may differ although the code did not change. */
function differences(now: GroupResult, earlier: GroupResult): string[] {
  return [
    ...(now.machine.cpu === earlier.machine.cpu ? [] : [`ANOTHER MACHINE: now ${now.machine.cpu}`]),
    ...(now.settings.quick === earlier.settings.quick ? [] : ['ONE OF THE TWO IS --quick']),
  ];
}

/** All medians with their way through the figures. */
function mediansIn(figures: unknown, way: readonly string[] = []): [figure: string, median: number][] {
  if (typeof figures !== 'object' || figures === null) return [];
  if (isSummary(figures)) return [[way.join(', '), figures.median]];
  return Object.entries(figures).flatMap(([key, part]) =>
    mediansIn(part, [...way, Array.isArray(figures) ? nameOf(part, key) : key]),
  );
}

function isSummary(value: object): value is Summary {
  return 'median' in value && typeof value.median === 'number';
}

function nameOf(element: unknown, index: string): string {
  if (typeof element !== 'object' || element === null) return index;
  const named = Object.entries(element).filter(([key]) => NAMES.includes(key));
  const texts = named.flatMap(([key, value]) => {
    if (typeof value === 'string') return [value];
    return typeof value === 'number' ? [`${value} ${key}`] : [];
  });
  return texts.length === 0 ? index : texts.join(' ');
}
