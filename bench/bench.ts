/**
 * The bench: `npm run bench`, `npm run bench -- --help`. Measures the built package beside its peers. Full runs go to
 * bench/results, quick ones, whose figures say little, to reports/bench.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bytesPerMicrosecond } from './calibrate.ts';
import { describeCommit } from './commit.ts';
import { comparisonTable, loadEarlier } from './compare.ts';
import { coresAvailable, coresLine } from './cores.ts';
import type { Bench, Group, Picture } from './group.ts';
import { allGroups } from './groups/all-groups.ts';
import { describeMachine, machineLine, type Machine } from './machine.ts';
import { markdownReport } from './markdown-report.ts';
import { ResultsFolder, type GroupResult } from './results.ts';
import { FULL, QUICK, type Settings } from './settings.ts';
import { tableText, terminalReport } from './terminal-report.ts';

interface Choice {
  readonly groups: readonly Group[];
  readonly settings: Settings;
  /** What to compare with. */
  readonly earlier?: Earlier;
}

interface Earlier {
  readonly path: string;
  /** By group. */
  readonly results: ReadonlyMap<string, GroupResult>;
}

/**
 * Each group in a process of its own: idle threads, a heap and compiled code from groups before it would change what is
 * measured. Stops at one that fails.
 */
async function runApart({ groups, settings, earlier }: Choice): Promise<void> {
  for (const { name } of groups) {
    const flags = [
      ...(settings.quick ? ['--quick'] : []),
      ...(earlier?.results.has(name) ? ['--compare', earlier.path] : []),
    ];
    const args = [...process.execArgv, import.meta.filename, name, ...flags];
    const [code] = (await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit')) as [
      number | null,
    ];
    process.exitCode = code ?? 1;
    if (code !== 0) return;
  }
}

async function runHere(
  group: Group,
  { settings: given, earlier }: Pick<Choice, 'settings' | 'earlier'>,
): Promise<void> {
  const rounds = group.rounds?.[given.quick ? 'quick' : 'full'] ?? given.rounds;
  const settings = { ...given, rounds };
  const machine = await describeMachine();
  const project = join(import.meta.dirname, '..');
  const folder = new ResultsFolder(
    join(project, ...(settings.quick ? ['reports', 'bench'] : ['bench', 'results'])),
  );
  const bench = { settings, bytesPerMicrosecond: bytesPerMicrosecond() };
  print(machineLine(machine));
  const { result, pictures } = await runGroup(group, machine, {
    ...bench,
    say: (text) => process.stderr.write(`${group.name}: ${text}\n`),
  });
  print(`\n${group.title}\n\n${terminalReport(result)}`);
  print(`\n${coresLine(result.coresAvailable, settings.threads)}`);
  const before = earlier?.results.get(group.name);
  if (before !== undefined) print(`\n${tableText(comparisonTable(result, before))}`);
  await folder.save(result);
  for (const picture of pictures) await folder.savePicture(picture);
  const sections = await Promise.all(
    allGroups.map(async ({ name, obstacles }) => {
      const result = await folder.load(name);
      return result && { result, obstacles };
    }),
  );
  await folder.saveReport(markdownReport(sections.filter((section) => section !== undefined)));
  print(`\nResults are in ${relative(process.cwd(), folder.path)}`);
}

async function runGroup(
  group: Group,
  machine: Machine,
  bench: Bench,
): Promise<{ readonly result: GroupResult; readonly pictures: readonly Picture[] }> {
  const { settings } = bench;
  const startedAt = performance.now();
  const measuredAt = new Date().toISOString();
  const commit = await describeCommit();
  const before = await coresAvailable(settings, bench.bytesPerMicrosecond);
  const { pictures = [], ...report } = await group.run(bench);
  const after = await coresAvailable(settings, bench.bytesPerMicrosecond);
  const result: GroupResult = {
    group: group.name,
    title: group.title,
    about: group.about,
    command: `npm run bench -- ${group.name}${settings.quick ? ' --quick' : ''}`,
    commit,
    measuredAt,
    durationSeconds: Math.round((performance.now() - startedAt) / 1000),
    machine,
    coresAvailable: [before, after],
    settings: { ...settings, bytesPerMicrosecond: Math.round(bench.bytesPerMicrosecond) },
    ...report,
    ...(pictures.length > 0 && { pictures: pictures.map(({ name, caption }) => ({ name, caption })) }),
  };
  return { result, pictures };
}

async function readArguments(): Promise<Choice | 'help' | Error> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        compare: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const { quick, compare: path } = values;
    return {
      groups: chooseGroups(positionals),
      settings: quick ? QUICK : FULL,
      ...(path !== undefined && { earlier: { path, results: await loadEarlier(path) } }),
    };
  } catch (error) {
    return error as Error;
  }
}

function chooseGroups(names: readonly string[]): readonly Group[] {
  const unknown = names.find((name) => !allGroups.some((group) => group.name === name));
  if (unknown !== undefined) {
    const known = allGroups.map((group) => group.name).join(', ');
    throw new Error(`Cannot run the bench as there is no group '${unknown}': the groups are ${known}`);
  }
  return names.length === 0 ? allGroups : allGroups.filter(({ name }) => names.includes(name));
}

/** Says when nothing that runs is in what it should be compared with. */
function warnOfOthers({ groups, earlier }: Choice): void {
  if (earlier === undefined || groups.some(({ name }) => earlier.results.has(name))) return;
  const others = [...earlier.results.keys()].join(', ') || 'no group';
  process.stderr.write(`Nothing is compared: ${earlier.path} is of ${others}, which does not run\n`);
}

function helpText(): string {
  const widest = Math.max(...allGroups.map(({ name }) => name.length));
  return [
    'Usage: npm run bench -- [groups] [--quick] [--compare <path>]',
    '',
    'Measures the package beside its peers. Without groups, all of them run:',
    ...allGroups.map(({ name, title }) => `  ${name.padEnd(widest)}  ${title.slice(title.indexOf(':') + 2)}`),
    '',
    '  --quick           shows that the bench works; its figures say little',
    '  --compare <path>  also shows ratios against an earlier run: a result (bench/results/overhead.json) or a folder of them',
    '  --help            this text',
    '',
    'Results, report and plots go to bench/results, those of --quick to reports/bench.',
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const choice = await readArguments();
if (choice instanceof Error) {
  process.stderr.write(`${choice.message}\n`);
  process.exitCode = 2;
} else if (choice === 'help') {
  print(helpText());
} else {
  warnOfOthers(choice);
  const [group, ...others] = choice.groups;
  if (group !== undefined && others.length === 0) await runHere(group, choice);
  else await runApart(choice);
}
