import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { SqliteAuditTrail, type AuditRecord } from '../../src/index.ts';
import { test, toLines, transform, type CliFolder } from '../helpers/cli.ts';
import { killAt, type KillMoment } from '../helpers/kill-moment.ts';
import { randomNumbers } from '../helpers/random.ts';

const SEED = Number(process.env['TORTURE_SEED'] ?? randomInt(2 ** 31));

interface Row {
  readonly n: number;
  readonly does: string;
  readonly steps: number;
  readonly length: number;
}

export interface Scenario {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly rejects?: string | undefined;
  readonly flags: readonly string[];
}

export const NDJSON_IN_PLACE: Scenario = {
  name: 'NDJSON, failed rows in place',
  input: 'in.ndjson',
  output: 'out.ndjson',
  flags: ['--pool-size', '2'],
};

export const CSV_WITH_REJECTS: Scenario = {
  name: 'CSV with rejects, one row per slice',
  input: 'in.csv',
  output: 'out.csv',
  rejects: 'rejects.ndjson',
  flags: ['--pool-size', '3', '--threads', '2', '--slice-size', '1'],
};

export const COMPRESSED: Scenario = {
  name: 'compressed',
  input: 'in.ndjson',
  output: 'out.ndjson.gz',
  flags: ['--window', '20'],
};

/**
 * Describes the torture: the command line is killed with SIGKILL at random moments and resumed, until the run has come to
 * its end, and again with another run until there were enough kills. Then everything is compared with a run left alone.
 */
export function describeKills(scenarios: readonly Scenario[], kills: number): void {
  const rowCount = Math.min(400, 140 * kills);
  const timeout = 300_000 + kills * 10_000;
  describe(`SIGKILL at random moments, then --resume; TORTURE_SEED=${SEED}`, () => {
    test.for(scenarios)('$name', { timeout }, async (scenario, { folder }) => {
      const random = randomNumbers(SEED);
      const rows = Array.from({ length: rowCount }, (_, n) => randomRow(n, random));
      folder.write('in.ndjson', toLines(rows));
      folder.write('in.csv', toCsv(rows));
      const whole = await runWhole(folder, scenario);
      let killed = 0;
      for (let round = 0; killed < kills; round++) {
        const run = {
          ...scenario,
          output: `${round}-${scenario.output}`,
          rejects: rejectsOf(scenario, round),
        };
        const randomKill = () => randomMoment(run, random, rowCount);
        killed += await runToTheEnd(folder, run, randomKill, whole.code);
        expect(read(folder, run.output) === whole.output, 'the same output, byte for byte').toBe(true);
        expect(run.rejects && read(folder, run.rejects)).toBe(whole.rejects);
        await verify(folder, run);
        await checkTrail(join(folder.path, `${run.output}.audit.db`), rows);
      }
    });
  });
}

/** The first fails, so that one does however few there are. */
function randomRow(n: number, random: (limit: number) => number): Row {
  const does = ['fail', 'busy', 'call', 'exit'][random(random(12) === 0 ? 4 : 40)] ?? 'work';
  return {
    n,
    does: n === 0 ? 'fail' : does,
    steps: random(200_000),
    length: random(10) === 0 ? random(5_000) : random(40),
  };
}

function toCsv(rows: readonly Row[]): string {
  return [
    'n,does,steps,length',
    ...rows.map(({ n, does, steps, length }) => [n, does, steps, length].join()),
  ].join('\n');
}

function argsOf({ input, output, rejects, flags }: Scenario): string[] {
  const args = [
    'run',
    transform('cli-torture.mjs'),
    input,
    '-o',
    output,
    '--recovery-step-ms',
    '1',
    ...flags,
  ];
  return rejects === undefined ? args : [...args, '--rejects', rejects];
}

function rejectsOf({ rejects }: Scenario, round: number): string | undefined {
  return rejects === undefined ? undefined : `${round}-${rejects}`;
}

/** What a run gives that is not disturbed. */
async function runWhole(folder: CliFolder, scenario: Scenario) {
  const { code } = await folder.ask(...argsOf(scenario), '--no-audit');
  expect(code).toBe(3);
  const rejects = scenario.rejects && read(folder, scenario.rejects);
  return { code, output: read(folder, scenario.output), rejects };
}

/** Kills a run until it gets to its end, with this code, between two kills; gives how often it was killed. */
async function runToTheEnd(
  folder: CliFolder,
  run: Scenario,
  randomKill: () => KillMoment,
  code: number | null,
): Promise<number> {
  let resume = false;
  for (let kills = 0; ;) {
    const cli = folder.start(...argsOf(run), ...(resume ? ['--resume'] : []));
    const killed = await killAt(cli, randomKill(), folder.path);
    const result = await cli.ended;
    if (killed && result.code === null) {
      kills++;
      resume = true;
    } else if (result.code === 2) {
      // it was killed before it had begun to record
      expect(result.stderr).toMatch(/there is no file|has no run on record/);
      resume = false;
    } else {
      expect(result, result.stderr).toMatchObject({ code });
      return kills;
    }
  }
}

function randomMoment({ output }: Scenario, random: (limit: number) => number, rowCount: number): KillMoment {
  switch (random(4)) {
    case 0:
      return { kind: 'changes', file: output, count: 1 + random(8) };
    case 1:
      return { kind: 'changes', file: `${output}.audit.db-wal`, count: 1 + random(60) };
    default:
      return { kind: 'starts', count: 1 + random(rowCount / 4) };
  }
}

function read(folder: CliFolder, name: string): string {
  const content = readFileSync(join(folder.path, name));
  return (name.endsWith('.gz') ? gunzipSync(content) : content).toString();
}

/** What the command line itself says of the record and the output. */
async function verify(folder: CliFolder, { output, rejects }: Scenario): Promise<void> {
  const flags = rejects === undefined ? [] : ['--rejects', rejects];
  const { code, stdout, stderr } = await folder.ask('verify', `${output}.audit.db`, output, ...flags);
  expect(code, stdout + stderr).toBe(0);
}

/** Every row has one result, and one successful attempt if it has succeeded; attempts and calls are numbered without gaps. */
async function checkTrail(path: string, rows: readonly Row[]): Promise<void> {
  expect(existsSync(path)).toBe(true);
  const trail = await SqliteAuditTrail.open(path, { readOnly: true });
  const records: AuditRecord[] = [];
  for await (const page of trail.records()) records.push(...page.map(({ record }) => record));
  await trail.close();
  const byRow = Map.groupBy(
    records.filter((record) => 'stateId' in record),
    ({ stateId }) => stateId,
  );
  expect(byRow.size).toBe(rows.length);
  for (const [stateId, own] of byRow) {
    const of = <Kind extends AuditRecord['kind']>(kind: Kind) =>
      own.filter((record): record is Extract<typeof record, { kind: Kind }> => record.kind === kind);
    const attempts = of('attempt');
    const [entry, ...others] = of('entry');
    expect([of('row').length, others.length], stateId).toEqual([1, 0]);
    expect(
      attempts.map(({ attempt }) => attempt),
      stateId,
    ).toEqual(attempts.map((_, index) => index + 1));
    const successful = attempts.filter(({ outcome }) => outcome === 'ok').length;
    expect(successful, stateId).toBe(entry?.result.status === 'success' ? 1 : 0);
    const requests = of('call').filter(({ phase }) => phase === 'request');
    expect(
      requests.map(({ callIndex }) => callIndex),
      stateId,
    ).toEqual(requests.map((_, index) => index));
  }
}
