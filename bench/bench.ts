/**
 * The bench: `npm run bench`, `npm run bench -- overhead grain`, `npm run bench -- --quick`. Measures the built package
 * beside its peers. Full runs go to bench/results, quick ones, whose figures say little, to reports/bench.
 */
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bytesPerMicrosecond } from './calibrate.ts';
import { coresAvailable, coresLine } from './cores.ts';
import type { Bench, Group, Picture } from './group.ts';
import { allGroups } from './groups/all-groups.ts';
import { describeMachine, machineLine, type Machine } from './machine.ts';
import { markdownReport } from './markdown-report.ts';
import { ResultsFolder, type GroupResult } from './results.ts';
import { FULL, QUICK, type Settings } from './settings.ts';
import { terminalReport } from './terminal-report.ts';

interface Choice {
  readonly groups: readonly Group[];
  readonly settings: Settings;
}

async function main({ groups, settings }: Choice): Promise<void> {
  const machine = await describeMachine();
  const project = join(import.meta.dirname, '..');
  const folder = new ResultsFolder(
    join(project, ...(settings.quick ? ['reports', 'bench'] : ['bench', 'results'])),
  );
  const bench = { settings, bytesPerMicrosecond: bytesPerMicrosecond() };
  print(machineLine(machine));
  for (const group of groups) {
    const { result, pictures } = await runGroup(group, machine, {
      ...bench,
      say: (text) => process.stderr.write(`${group.name}: ${text}\n`),
    });
    print(`\n${group.title}\n\n${terminalReport(result)}`);
    print(`\n${coresLine(result.coresAvailable, settings.threads)}`);
    await folder.save(result);
    for (const picture of pictures) await folder.savePicture(picture);
  }
  const results = await Promise.all(allGroups.map(({ name }) => folder.load(name)));
  await folder.saveReport(markdownReport(results.filter((result) => result !== undefined)));
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
  const before = await coresAvailable(settings.threads, bench.bytesPerMicrosecond);
  const { pictures = [], ...report } = await group.run(bench);
  const after = await coresAvailable(settings.threads, bench.bytesPerMicrosecond);
  const result: GroupResult = {
    group: group.name,
    title: group.title,
    about: group.about,
    command: `npm run bench -- ${group.name}${settings.quick ? ' --quick' : ''}`,
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

function readArguments(): Choice | Error {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean', default: false } },
    });
    return { groups: chooseGroups(positionals), settings: values.quick ? QUICK : FULL };
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

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const choice = readArguments();
if (choice instanceof Error) {
  process.stderr.write(`${choice.message}\n`);
  process.exitCode = 2;
} else {
  await main(choice);
}
